"""[maxpool]: the largest value under a window."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from darkpy.layers.base import LAYERS, Layer


@LAYERS("maxpool", "max")
class Maxpool(Layer):
    """(B, C, H, W) -> (B, C, H', W'); windows may reach over the border, where nothing counts."""

    def forward(self, x: Tensor) -> Tensor:
        o, out = self.options, self._out(x)
        before = o.margins // 2  # forward_maxpool_layer(): the offset is -pad/2, rounded to 0
        after = [
            max(0, (size - 1) * step + o.window - before - side)
            for side, step, size in zip(x.shape[2:], o.steps, out, strict=True)
        ]
        if after == [before, before] and before <= o.window // 2:
            return F.max_pool2d(x, o.window, o.steps, padding=before)
        margins = (before, after[1], before, after[0])
        x = F.pad(x, margins, value=-float("inf")) if any(margins) else x
        return F.max_pool2d(x, o.window, o.steps)[..., : out[0], : out[1]]

    def _out(self, x: Tensor) -> list[int]:
        """Height and width of the result, from the input as it comes: sizes may be random."""
        o = self.options
        return [
            (side + o.margins - o.window) // step + 1
            for side, step in zip(x.shape[2:], o.steps, strict=True)
        ]
