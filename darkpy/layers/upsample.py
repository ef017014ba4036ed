"""[upsample]: repeat every pixel `stride` times along both sides."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from darkpy.layers.base import LAYERS, Layer


@LAYERS("upsample")
class Upsample(Layer):
    """Nearest-neighbour enlargement, (B, C, H, W) -> (B, C, H*stride, W*stride)."""

    def forward(self, x: Tensor) -> Tensor:
        x = F.interpolate(x, scale_factor=float(self.options.stride), mode="nearest")
        return x if self.options.scale == 1 else x * self.options.scale
