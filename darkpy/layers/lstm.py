"""[lstm]: long short-term memory."""

from __future__ import annotations

import torch
from torch import Tensor

from darkpy.layers.base import LAYERS
from darkpy.layers.connected import Connected
from darkpy.layers.recurrent import Memory, Recurrent


@LAYERS("lstm")
class Lstm(Recurrent):
    """(B, C, H, W) -> (B, output, 1, 1), by forward_lstm_layer() in Darknet.

    Memory is the last output and the cells.
    """

    part_kind = Connected

    def empty(self, x: Tensor) -> Memory:
        nothing = x.new_zeros(x.shape[0], self.options.output, 1, 1)
        return nothing, nothing

    def step(self, x: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        before, cells = memory
        forget, write, value, read = (
            self.parts[f"w{gate}"](before) + self.parts[f"u{gate}"](x) for gate in "figo"
        )
        cells = torch.sigmoid(forget) * cells + torch.sigmoid(write) * torch.tanh(value)
        now = torch.sigmoid(read) * torch.tanh(cells)
        return now, (now, cells)
