"""[upsample]: repeat every pixel `stride` times along both sides."""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.cfg.options import key
from darkpy.sections.base import SECTIONS, LayerOptions, Place, Plan, Shape


@SECTIONS("upsample")
@dataclass(frozen=True)
class Upsample(LayerOptions):
    """Keys of [upsample]; defaults from parse_upsample() in Darknet's src/parser.c."""

    stride: int = key(2, "factor on width and height", minimum=1, maximum=256)
    scale: float = key(1.0, "factor on the values")

    def plan(self, place: Place) -> Plan:
        c, h, w = place.input
        out = Shape(c, h * self.stride, w * self.stride)
        row = (
            f"upsample               {self.stride:4d}x  {w:4d} x{h:4d} x{c:4d}"
            f" -> {out.w:4d} x{out.h:4d} x{c:4d}"
        )
        return place.plan(self, out, row=row)
