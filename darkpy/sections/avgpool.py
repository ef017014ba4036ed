"""[avgpool]: the mean of every channel.

One value a channel is left, whatever the size of the picture: the end of most classifiers.
"""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.sections.base import SECTIONS, WHOLE_PICTURE, LayerOptions, Place, Plan, Shape


@SECTIONS("avgpool", "avg")
@dataclass(frozen=True)
class Avgpool(LayerOptions):
    """[avgpool] has no keys of its own."""

    def plan(self, place: Place) -> Plan:
        c, h, w = place.input
        row = f"avg                         {w:4d} x{h:4d} x{c:4d} ->   {c:4d}"
        return place.plan(self, Shape(c, 1, 1), row=row, windows=(WHOLE_PICTURE,))
