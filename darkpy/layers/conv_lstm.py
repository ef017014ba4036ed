"""[conv_lstm]: long short-term memory of pictures. Shi et al., arXiv:1506.04214."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from darkpy.layers.activation import ACTIVATIONS
from darkpy.layers.base import LAYERS
from darkpy.layers.convolutional import Convolutional
from darkpy.layers.recurrent import Memory, Recurrent
from darkpy.sections.base import Plan

Gates = dict[str, Tensor]


def _through(way: Tensor, value: Tensor) -> Tensor:
    """The `value`, whose gradient takes another `way`."""
    return way + (value - way).detach()


def _within(unit: float | Tensor, gradient: Tensor) -> Tensor:
    """A gradient whose deltas are at most 1, as the C program has them in a bottleneck."""
    return gradient.clamp(-unit, unit)


@LAYERS("conv_lstm")
class ConvLstm(Recurrent):
    """(B, C, H, W) -> (B, output, H, W), by forward_conv_lstm_layer_gpu() in Darknet.

    Memory is the last output and the cells. As in backward_conv_lstm_layer_gpu() the gradient
    goes back in time through the cells, through the last output only with bottleneck=1, and not
    through the peepholes; with bottleneck=1 the deltas that reach it are at most 1.
    """

    part_kind = Convolutional

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.squash = ACTIVATIONS[self.options.lstm_activation]
        self.limit = self.options.constraint(plan.net.time_steps)

    def empty(self, x: Tensor) -> Memory:
        nothing = x.new_zeros(x.shape[0], self.options.output, *x.shape[2:])
        return nothing, nothing

    def step(self, x: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        before, cells = memory
        o = self.options
        gates, passed = self._from_bottleneck(x, before) if o.bottleneck else self._gates(x, before)
        if o.peephole:
            seen = cells.detach()
            gates["f"] = gates["f"] + self.parts["vf"](seen)
            gates["i"] = gates["i"] + self.parts["vi"](seen)
        forget, write = torch.sigmoid(gates["f"]), torch.sigmoid(gates["i"])
        cells = forget * cells + write * self.squash(gates["g"])
        if o.peephole:
            gates["o"] = gates["o"] + self.parts["vo"](cells.detach())
        read = torch.sigmoid(gates["o"])
        now = read * self.squash(cells.clone())
        if self.limit:
            cells, now = self._limited(cells, now, read)
        if not (o.shortcut and o.bottleneck):
            return now, (now, cells)
        output = now + passed
        # What is remembered has no shortcut, but its gradient comes to the output as a whole.
        return output, (_through(output, now) if self.training else now, cells)

    def _gates(self, x: Tensor, before: Tensor) -> tuple[Gates, Tensor | None]:
        before = before.detach()
        return {
            gate: self.parts[f"w{gate}"](before) + self.parts[f"u{gate}"](x) for gate in "figo"
        }, None

    def _limited(self, cells: Tensor, now: Tensor, read: Tensor) -> tuple[Tensor, Tensor]:
        """The cells that are remembered, and the output with the gradient that the C program has.

        The output is that of the cells as they were; on the way back the limited ones take their
        place, and the limit lets every gradient through.
        """
        limited = cells.clamp(-self.limit, self.limit)
        if not self.training:
            return limited, now
        kept = _through(cells, limited)
        return kept, _through(read * self.squash(kept.clone()), now)

    def _from_bottleneck(self, x: Tensor, before: Tensor) -> tuple[Gates, Tensor]:
        """The gates, and what shortcut=1 adds to the output: the first half of the channels."""
        scale = self.options.time_normalizer
        before = scale * before + (1 - scale) * before.detach()
        wide = self.parts["wf"](torch.cat((before, x), dim=1))
        if wide.requires_grad:
            wide.register_hook(partial(_within, self._unit))
        narrow = self.squash(wide)
        half = torch.zeros_like(narrow)
        channels = narrow.shape[1] // 2
        half[:, :channels] = narrow[:, :channels]
        return {gate: self.parts[f"u{gate}"](narrow) for gate in "figo"}, half
