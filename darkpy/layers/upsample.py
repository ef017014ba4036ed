"""[upsample]: repeat every pixel `stride` times along both sides, or add them up again."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from darkpy.layers.base import LAYERS, Layer


@LAYERS("upsample")
class Upsample(Layer):
    """Nearest-neighbour enlargement, (B, C, H, W) -> (B, C, H*stride, W*stride).

    With a stride below 0 the sums of squares, (B, C, H/-stride, W/-stride).
    """

    steady = True

    def forward(self, x: Tensor) -> Tensor:
        stride = self.options.stride
        if stride > 0:
            x = F.interpolate(x, scale_factor=float(stride), mode="nearest")
        else:
            x = F.avg_pool2d(x, -stride, divisor_override=1)
        return x if self.options.scale == 1 else x * self.options.scale
