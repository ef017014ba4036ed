"""[normalization]: local response normalization, a channel against its neighbours.

AlexNet's: each value is divided by (kappa + alpha * sum of the neighbours' squares)^beta.
"""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.cfg.options import key
from darkpy.sections.base import SECTIONS, LayerOptions, Place, Plan


@SECTIONS("normalization", "lrn")
@dataclass(frozen=True)
class Normalization(LayerOptions):
    """Keys of [normalization]; defaults from parse_normalization() in Darknet's src/parser.c."""

    alpha: float = key(0.0001, "weight of the neighbours' squares")
    beta: float = key(0.75, "exponent of the divisor")
    kappa: float = key(1.0, "added to the divisor")
    size: int = key(5, "channels that are neighbours, this one included", minimum=1)

    def plan(self, place: Place) -> Plan:
        c, h, w = place.input
        if self.size // 2 > c:
            place.error("size", f"size={self.size} reaches past the layer's {c} channels")
        row = f"Local Response Normalization Layer: {w} x {h} x {c} image, {self.size} size"
        return place.plan(self, place.input, row=row)
