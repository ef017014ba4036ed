"""[l2norm]: the channels of each pixel brought to length 1, then a trained factor a channel."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from darkpy.layers.base import LAYERS, Layer
from darkpy.sections.base import Plan

LEAST_LENGTH = 1e-12  # a pixel of zeros stays one; torchvision's


@LAYERS("l2norm")
class L2norm(Layer):
    """(B, C, H, W) -> the same; ParseNet's, arXiv:1506.04579."""

    steady = True
    bulky = True

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.scales = nn.Parameter(torch.full((plan.out.c,), float(self.options.scale)))

    def forward(self, x: Tensor) -> Tensor:
        return F.normalize(x, dim=1, eps=LEAST_LENGTH) * self.scales[:, None, None]

    @torch.no_grad()
    def after_step(self) -> None:
        if self.options.clip:
            self.scales.clamp_(-self.options.clip, self.options.clip)

    def weights_in_file_order(self) -> list[Tensor]:
        return [self.scales]
