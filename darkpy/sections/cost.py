"""[cost]: the loss between the layer before and the wanted values.

The end of nets that are trained towards numbers and not towards boxes or classes.
"""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.cfg.options import key
from darkpy.sections.base import SECTIONS, LayerOptions, Place, Plan
from darkpy.sections.head import HeadFacts

COST_TYPES = ("sse", "masked", "smooth")


@SECTIONS("cost")
@dataclass(frozen=True)
class Cost(LayerOptions):
    """Keys of [cost]; defaults from parse_cost() in Darknet's src/parser.c."""

    head = HeadFacts(truth="values")

    type: str = key(
        "sse",
        "sse: sum of squares; masked: of those that are wanted at all; smooth: smooth L1",
        choices=COST_TYPES,
    )
    scale: float = key(1.0, "factor on the gradient")
    ratio: float = key(0.0, "share of the gradients kept", inert="Darknet keeps all of them")

    def plan(self, place: Place) -> Plan:
        size = place.input.size
        row = f"cost                                           {size:4d}"
        return place.plan(self, place.input, row=row)
