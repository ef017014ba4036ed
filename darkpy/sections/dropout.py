"""[dropout]: in training, set a random share of the values to zero."""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.cfg.options import key
from darkpy.sections.base import SECTIONS, LayerOptions, Place, Plan


@SECTIONS("dropout")
@dataclass(frozen=True)
class Dropout(LayerOptions):
    """Keys of [dropout]; defaults from parse_dropout() in Darknet's src/parser.c."""

    probability: float = key(0.2, "share of the values set to zero", minimum=0, maximum=1)

    def plan(self, place: Place) -> Plan:
        size = place.input.size
        row = f"dropout    p = {self.probability:.3f}        {size:4d}  ->   {size:4d}"
        return place.plan(self, place.input, row=row)
