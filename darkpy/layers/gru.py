"""[gru]: gated recurrent units. Cho et al., arXiv:1406.1078."""

from __future__ import annotations

import torch
from torch import Tensor

from darkpy.layers.base import LAYERS
from darkpy.layers.connected import Connected
from darkpy.layers.recurrent import Memory, Recurrent


@LAYERS("gru")
class Gru(Recurrent):
    """(B, C, H, W) -> (B, output, 1, 1), by forward_gru_layer() in Darknet.

    The candidate is logistic, not tanh: the C program is built without USET.
    """

    part_kind = Connected

    def empty(self, x: Tensor) -> Memory:
        return (x.new_zeros(x.shape[0], self.options.output, 1, 1),)

    def step(self, x: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        (before,) = memory
        part = self.parts
        update = torch.sigmoid(part["input_z"](x) + part["state_z"](before))
        reset = torch.sigmoid(part["input_r"](x) + part["state_r"](before))
        candidate = torch.sigmoid(part["input_h"](x) + part["state_h"](reset * before))
        now = update * before + (1 - update) * candidate
        return now, (now,)
