"""[sam]: an earlier layer, each value times the one at its place in the layer before.

Spatial attention: every value times one of the layer before, which has the same shape.
"""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.sections.base import SECTIONS, Place, Shape
from darkpy.sections.scaling import Scaling, sides_of


@SECTIONS("sam")
@dataclass(frozen=True)
class Sam(Scaling):
    """Keys of [sam]; defaults from parse_sam() in Darknet's src/parser.c."""

    def _check_factors(self, place: Place, source: int, scaled: Shape) -> None:
        if scaled != place.input:
            has, wants = sides_of(place.input), sides_of(scaled)
            place.error(
                "from", f"the layer before is {has} but layer {source} is {wants}: both must agree"
            )
