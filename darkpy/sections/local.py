"""[local]: a convolution whose kernels differ from place to place.

Many more weights than a [convolutional]; YOLOv1 has one before its head. Fixes the input's
size.
"""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.cfg.options import key
from darkpy.sections.activation import ACTIVATION_NAMES, check_activation
from darkpy.sections.base import SECTIONS, Array, LayerOptions, Place, Plan, Shape, Window
from darkpy.sections.initial import check_init, init_key


@SECTIONS("local")
@dataclass(frozen=True)
class Local(LayerOptions):
    """Keys of [local]; defaults from parse_local() in Darknet's src/parser.c."""

    filters: int = key(1, "number of output channels", minimum=1, maximum=2**17)
    size: int = key(1, "side of the kernel, px", minimum=1, maximum=255)
    stride: int = key(1, "step of the kernel, px", minimum=1)
    pad: int = key(0, "margin of zeros, px; only half of size= (rounded down) fits", minimum=0)
    activation: str = key("logistic", "the function on every value", choices=ACTIVATION_NAMES)
    init: str = init_key()

    def plan(self, place: Place) -> Plan:
        check_activation(place, self.activation)
        check_init(place, self.init)
        c, h, w = place.input
        lost = 1 if self.pad else self.size
        out = Shape(self.filters, (h - lost) // self.stride + 1, (w - lost) // self.stride + 1)
        if min(out) < 1:
            place.error("size", f"size={self.size} does not fit into {w}x{h} px")
        if self.pad and self.size != 2 * self.pad + 1:
            place.error("pad", f"pad={self.pad} fits size={2 * self.pad + 1}, not {self.size}")
        taps = c * self.size**2
        arrays = (
            Array("biases", (self.filters, out.h, out.w)),
            Array("weights", (max(0, out.h) * max(0, out.w), self.filters, taps)),
        )
        row = f"Local Layer: {w} x {h} x {c} image, {self.filters} filters -> "
        row += f"{out.w} x {out.h} x {out.c} image"
        windows = (Window((self.size, self.size), (self.stride, self.stride)),)
        return place.plan(self, out, arrays=arrays, row=row, windows=windows)
