"""[maxpool]: the largest value under a window."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from darkpy.layers.antialiasing import LowPass
from darkpy.layers.base import LAYERS, Layer
from darkpy.sections.base import Plan
from darkpy.sections.maxpool import Pooling

NOTHING = -float("inf")


@LAYERS("maxpool", "max")
class Maxpool(Layer):
    """(B, C, H, W) -> (B, C, H', W'); windows may reach over the border, where nothing counts."""

    steady = True

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        o = self.options
        self.blur = LowPass(o.antialiasing, o.steps) if o.antialiasing else None

    def forward(self, x: Tensor) -> Tensor:
        o = self.options
        if o.maxpool_depth:
            return deepest(x, o.out_channels)
        pooled = self._pooled(x)
        if o.maxpool_zero_nonmax:
            pooled = torch.where(x == pooled, pooled, torch.zeros_like(pooled))
        return pooled if self.blur is None else self.blur(pooled)

    def _pooled(self, x: Tensor) -> Tensor:
        o = self.options
        before, after, out = margins(x, o, o.kernel_steps)
        if after == [before, before] and before <= o.window // 2:
            return F.max_pool2d(x, o.window, o.kernel_steps, padding=before)
        sides = (before, after[1], before, after[0])
        x = F.pad(x, sides, value=NOTHING) if any(sides) else x
        return F.max_pool2d(x, o.window, o.kernel_steps)[..., : out[0], : out[1]]


def margins(
    x: Tensor, options: Pooling, steps: tuple[int, int]
) -> tuple[int, list[int], tuple[int, ...]]:
    """How far windows reach over `x`, and the height and width of the result.

    The margin at the left and upper side, those at the lower and right side, the result's sides;
    from the input as it comes, as sizes may be random.
    """
    before = options.margins // 2  # forward_maxpool_layer(): the offset is -pad/2, rounded to 0
    out = tuple(
        (side + options.margins - options.window) // step + 1
        for side, step in zip(x.shape[2:], steps, strict=True)
    )
    after = [
        max(0, (size - 1) * step + options.window - before - side)
        for side, step, size in zip(x.shape[2:], steps, out, strict=True)
    ]
    return before, after, out


def deepest(x: Tensor, channels: int) -> Tensor:
    """(B, C, H, W) -> (B, channels, H, W): of channels n, n + channels, ... the largest value."""
    b, c, h, w = x.shape
    x = F.pad(x, (0, 0, 0, 0, 0, -c % channels), value=NOTHING)
    return x.view(b, -1, channels, h, w).max(dim=1).values
