"""[upsample]: repeat every pixel `stride` times along both sides, or add them up again.

The way back up: after it a [route] joins coarse features with fine ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from darkpy.cfg.options import key
from darkpy.sections.base import SECTIONS, LayerOptions, Place, Plan, Shape, Window, sides


@SECTIONS("upsample")
@dataclass(frozen=True)
class Upsample(LayerOptions):
    """Keys of [upsample]; defaults from parse_upsample() in Darknet's src/parser.c."""

    stride: int = key(
        2,
        "factor on width and height; below 0 squares of as many pixels are added up to one",
        minimum=-256,
        maximum=256,
    )
    scale: float = key(1.0, "factor on the values")

    def plan(self, place: Place) -> Plan:
        c, h, w = place.input
        s = abs(self.stride)
        if not s or (self.stride < 0 and (h % s or w % s)):
            right = f"stride=-{s} does not divide {w}x{h} px" if s else "stride=0 leaves nothing"
            place.error("stride", right)
            return place.plan(self, place.input)
        out = Shape(c, h * s, w * s) if self.stride > 0 else Shape(c, h // s, w // s)
        name = "upsample  " if self.stride > 0 else "downsample"
        row = f"{name}            {s:4d}x  {sides(place.input, out)}"
        window = (
            Window((1, 1), (Fraction(1, s),) * 2) if self.stride > 0 else Window((s, s), (s, s))
        )
        return place.plan(self, out, row=row, windows=(window,))
