"""[crnn]: a recurrent layer of convolutions.

An [rnn] for pictures: it sees its own last state beside the input.
"""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.cfg.options import key
from darkpy.sections.activation import ACTIVATION_NAMES
from darkpy.sections.base import SECTIONS, LayerOptions, Place, Plan, Shape, joined
from darkpy.sections.convolutional import Convolutional
from darkpy.sections.initial import init_key


@dataclass(frozen=True)
class KernelOptions(LayerOptions):
    """The keys that [crnn] and [conv_lstm] share: those of the convolutions they are made of."""

    size: int = key(3, "side of the kernels, px", minimum=1, maximum=255)
    stride: int = key(1, "step of the kernels, px; the memory needs 1", minimum=1, maximum=1)
    dilation: int = key(1, "distance of the kernels' taps", minimum=1)
    pad: bool = key(False, "1: a margin of size/2 px of zeros, and padding= is not used")
    padding: int = key(0, "margin of zeros, px", minimum=0)
    output: int = key(1, "number of output channels", minimum=1, maximum=2**17)
    groups: int = key(1, "input and output channels are cut into so many groups", minimum=1)
    batch_normalize: int = key(0, "1: batch norm in all convolutions", minimum=0)
    xnor: bool = key(False, "the convolutions multiply signs, as [convolutional] has it")
    init: str = init_key()

    def kernel(self, filters: int, activation: str) -> Convolutional:
        """One of the convolutions."""
        return Convolutional(
            filters=filters,
            groups=self.groups,
            size=self.size,
            dilation=self.dilation,
            pad=self.pad,
            padding=self.padding,
            activation=activation,
            batch_normalize=self.batch_normalize,
            xnor=self.xnor,
            init=self.init,
        )

    def check_sides(self, place: Place, out: Shape) -> None:
        """Report convolutions that change the size: what is remembered would not fit."""
        if out[1:] != place.input[1:]:
            place.error(
                "size",
                f"makes {out.w}x{out.h} px of {place.input.w}x{place.input.h}, but the size must "
                "stay: an odd size= and pad=1",
            )


@SECTIONS("crnn")
@dataclass(frozen=True)
class Crnn(KernelOptions):
    """Keys of [crnn]; defaults from parse_crnn() in Darknet's src/parser.c."""

    hidden: int = key(1, "channels that are remembered", minimum=1, maximum=2**17)
    activation: str = key("logistic", "of all convolutions", choices=ACTIVATION_NAMES)
    shortcut: bool = key(False, "1: what was remembered is added to what is remembered next")

    def plan(self, place: Place) -> Plan:
        _, h, w = place.input
        inner = self.kernel(self.hidden, self.activation)
        hidden = Shape(self.hidden, h, w)
        parts = {
            "input": place.part(inner, place.input),
            "self": place.part(inner, hidden),
            "output": place.part(self.kernel(self.output, self.activation), hidden),
        }
        out = parts["output"].out
        self.check_sides(place, out)
        row = f"CRNN Layer: {w} x {h} x {place.input.c} image, {self.output} filters"
        bflops = sum(part.bflops for part in parts.values())
        arrays, windows = joined(parts), parts["input"].windows + parts["output"].windows
        facts = {"arrays": arrays, "bflops": bflops, "row": row, "parts": parts}
        return place.plan(self, out, windows=windows, **facts)
