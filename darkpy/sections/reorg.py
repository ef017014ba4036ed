"""[reorg]: YOLOv2's exchange of resolution for channels, in the order that its weights know.

Each square of stride x stride px becomes one pixel with stride*stride times the channels.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from darkpy.cfg.options import key
from darkpy.sections.base import SECTIONS, LayerOptions, Place, Plan, Shape, Window, sides


@dataclass(frozen=True)
class Exchange(LayerOptions):
    """The keys that [reorg] and [reorg3d] share."""

    stride: int = key(1, "factor between the old side and the new one", minimum=1, maximum=256)
    reverse: bool = key(False, "1: more pixels and fewer channels")

    def exchanged(self, place: Place) -> Shape:
        """The shape after the exchange; mistakes go to `place.error`."""
        c, h, w = place.input
        s = self.stride
        if self.reverse:
            return Shape(c // s**2, h * s, w * s)
        if h % s or w % s:
            place.error("stride", f"stride={s} does not divide the input's {w}x{h} px")
        return Shape(c * s**2, h // s, w // s)

    @property
    def window(self) -> Window:
        """What slides over the picture."""
        s = self.stride
        return Window((1, 1), (Fraction(1, s),) * 2) if self.reverse else Window((s, s), (s, s))

    def check_channels(self, place: Place, divisor: int) -> None:
        """Report channels that are no multiple of `divisor`."""
        if place.input.c % divisor:
            place.error(
                "stride",
                f"stride={self.stride} needs a multiple of {divisor} channels, the input has "
                f"{place.input.c}",
            )


@SECTIONS("reorg")
@dataclass(frozen=True)
class Reorg(Exchange):
    """Keys of [reorg]; defaults from parse_reorg_old() in Darknet's src/parser.c."""

    def plan(self, place: Place) -> Plan:
        out = self.exchanged(place)
        self.check_channels(place, self.stride**2)
        row = f"reorg_old              /{self.stride:2d}  {sides(place.input, out)}"
        return place.plan(self, out, row=row, windows=(self.window,))
