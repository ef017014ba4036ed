"""[local_avgpool]: the mean of the values under a window."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from darkpy.layers.base import LAYERS, Layer
from darkpy.layers.maxpool import margins


@LAYERS("local_avgpool", "local_avg")
class LocalAvgpool(Layer):
    """(B, C, H, W) -> (B, C, H', W'); what lies over the border does not count."""

    steady = True

    def forward(self, x: Tensor) -> Tensor:
        o = self.options
        before, after, out = margins(x, o, o.steps)
        sides = (before, after[1], before, after[0])
        if not any(sides):
            return F.avg_pool2d(x, o.window, o.steps)
        total = F.avg_pool2d(F.pad(x, sides), o.window, o.steps)
        share = F.avg_pool2d(F.pad(torch.ones_like(x[:1, :1]), sides), o.window, o.steps)
        return (total / share)[..., : out[0], : out[1]]
