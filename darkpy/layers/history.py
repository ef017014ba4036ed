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
    only the newest place is filled then.
    """

    def empty(self, x: Tensor) -> Memory:
        b, c, h, w = x.shape
        return (x.new_zeros(b, c * (self.options.history_size - 1), h, w),)

    def step(self, x: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        stack = torch.cat((x, *memory), dim=1)
        return stack, (stack[:, : memory[0].shape[1]],)

    def _remembered(self, empty: Memory) -> Memory:
        return empty
