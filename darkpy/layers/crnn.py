"""[crnn]: a recurrent layer of convolutions."""

from __future__ import annotations

from torch import Tensor

from darkpy.layers.base import LAYERS
from darkpy.layers.convolutional import Convolutional
from darkpy.layers.recurrent import Memory, Recurrent


class Simple(Recurrent):
    """What [crnn] and [rnn] share: three parts, and the sum of two is remembered.

    By forward_crnn_layer() and forward_rnn_layer() in Darknet, which forget after each mini-batch.
    """

    carries = False

    def empty(self, x: Tensor) -> Memory:
        _, *sides = self.plan.parts["self"].out
        if self.part_kind is Convolutional:
            sides = x.shape[2:]  # sizes may be random
        return (x.new_zeros(x.shape[0], self.options.hidden, *sides),)

    def step(self, x: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        (before,) = memory
        now = self.parts["input"](x) + self.parts["self"](before)
        if self.options.shortcut:
            now = now + before
        return self.parts["output"](now), (now,)


@LAYERS("crnn")
class Crnn(Simple):
    """(B, C, H, W) -> (B, output, H, W)."""

    part_kind = Convolutional
