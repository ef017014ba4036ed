"""[conv_lstm]: long short-term memory of pictures, made of convolutions.

For detection in videos: what was seen in earlier frames is remembered.
"""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.cfg.options import key
from darkpy.sections.activation import ACTIVATION_NAMES
from darkpy.sections.base import SECTIONS, Place, Plan, Shape, joined
from darkpy.sections.crnn import KernelOptions

_CONSTRAINT_PER_STEP = 32  # parse_conv_lstm(): state_constrain= by default
# Multiplications and additions a value outside of the convolutions: make_conv_lstm_layer()
_WORK, _PEEPHOLE_WORK = 9, 12


@SECTIONS("conv_lstm")
@dataclass(frozen=True)
class ConvLstm(KernelOptions):
    """Keys of [conv_lstm]; defaults from parse_conv_lstm() in Darknet's src/parser.c."""

    activation: str = key("linear", "the function after each convolution", choices=ACTIVATION_NAMES)
    lstm_activation: str = key(
        "tanh", "the function on what is remembered", choices=ACTIVATION_NAMES
    )
    peephole: bool = key(False, "1: the gates see the memory too")
    bottleneck: bool = key(False, "1: one convolution sees the last output and the input together")
    state_constrain: int | None = key(
        None, "largest size of a remembered value, 0 is no limit; default 32 times time_steps"
    )
    shortcut: bool = key(False, "bottleneck=1: half of its channels are added to the output")
    time_normalizer: float = key(1.0, "bottleneck=1: factor on the gradient to the step before")

    def constraint(self, time_steps: int) -> int:
        """Largest size of a remembered value; 0 for no limit."""
        if self.state_constrain is None:
            return _CONSTRAINT_PER_STEP * time_steps
        return self.state_constrain

    def plan(self, place: Place) -> Plan:
        c, h, w = place.input
        kernel, memory = self.kernel(self.output, self.activation), Shape(self.output, h, w)
        parts: dict[str, Plan] = {}
        if self.peephole:
            parts |= {name: place.part(kernel, memory) for name in ("vf", "vi", "vo")}
        if self.bottleneck:
            self._check_bottleneck(place)
            parts["wf"] = place.part(kernel, Shape(2 * self.output, h, w))
        else:
            parts |= {name: place.part(kernel, memory) for name in ("wf", "wi", "wg", "wo")}
        parts |= {name: place.part(kernel, place.input) for name in ("uf", "ui", "ug", "uo")}
        out = parts["uo"].out
        self.check_sides(place, out)
        work = _PEEPHOLE_WORK if self.peephole else _WORK
        bflops = sum(part.bflops for part in parts.values()) + work * out.size / 1e9
        row = f"CONV_LSTM Layer: {w} x {h} x {c} image, {self.output} filters"
        windows = (parts["wf"].windows if self.bottleneck else ()) + parts["uo"].windows
        facts = {"arrays": joined(parts), "bflops": bflops, "row": row, "parts": parts}
        return place.plan(self, out, windows=windows, **facts)

    def _check_bottleneck(self, place: Place) -> None:
        if place.input.c != self.output:
            place.error(
                "bottleneck",
                f"bottleneck=1 needs as many outputs as inputs: output={place.input.c}, not "
                f"{self.output}",
            )
