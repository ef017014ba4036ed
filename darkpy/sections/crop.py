"""[crop]: a part of the picture, another one each time in training.

Old classifiers; newer ones leave cropping to the loader (max_crop= and min_crop= of [net]).
"""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.cfg.options import key
from darkpy.sections.base import SECTIONS, LayerOptions, Place, Plan, Shape

_IN_NET = "darkpy changes pictures where it loads them: use the key of [net]"


@SECTIONS("crop")
@dataclass(frozen=True)
class Crop(LayerOptions):
    """Keys of [crop]; defaults from parse_crop() in Darknet's src/parser.c."""

    crop_height: int = key(1, "height of the part, px", minimum=1)
    crop_width: int = key(1, "width of the part, px", minimum=1)
    flip: bool = key(False, "mirror half of the pictures in training")
    angle: float = key(0.0, "largest rotation, degrees", inert=_IN_NET)
    saturation: float = key(1.0, "largest factor on saturation", inert=_IN_NET)
    exposure: float = key(1.0, "largest factor on exposure", inert=_IN_NET)
    noadjust: bool = key(False, "1: values stay 0..1; the default stretches them to -1..1")
    shift: float = key(0.0, "largest shift of a colour", inert=_IN_NET)

    def plan(self, place: Place) -> Plan:
        c, h, w = place.input
        out = Shape(c, self.crop_height, self.crop_width)
        if out.h > h:
            place.error("crop_height", f"crop_height={out.h} is more than the input's {h} px")
        if out.w > w:
            place.error("crop_width", f"crop_width={out.w} is more than the input's {w} px")
        row = f"Crop Layer: {w} x {h} -> {out.w} x {out.h} x {c} image"
        return place.plan(self, out, row=row)
