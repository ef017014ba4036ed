"""[history]: the last pictures' features, one after the other."""

from __future__ import annotations

import torch
from torch import Tensor

from darkpy.layers.base import LAYERS
from darkpy.layers.recurrent import Memory, Recurrent


@LAYERS("history")
class History(Recurrent):
    """(B, C, H, W) -> (B, history_size*C, H, W), the newest first, by forward_history_layer().

    The C program keeps no history where it runs one picture at a time, which is how it infers:
    only the newest place is filled then. As in backward_history_layer() gradients reach the newest
    picture alone.
    """

    def empty(self, x: Tensor) -> Memory:
        b, c, h, w = x.shape
        return (x.new_zeros(b, c * (self.options.history_size - 1), h, w),)

    def step(self, x: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        (before,) = memory
        stack = torch.cat((x, before.detach()), dim=1)
        return stack, (stack[:, : before.shape[1]],)

    def _remembered(self, empty: Memory) -> Memory:
        alone = not self.training or self.plan.net.time_steps == 1
        return empty if alone else super()._remembered(empty)
