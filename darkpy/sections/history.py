"""[history]: the last pictures' features, one after the other.

For nets that look at several frames of a video at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.cfg.options import key
from darkpy.sections.base import SECTIONS, LayerOptions, Place, Plan, Shape, sides


@SECTIONS("history")
@dataclass(frozen=True)
class History(LayerOptions):
    """Keys of [history]; defaults from parse_history() in Darknet's src/parser.c."""

    history_size: int = key(
        4,
        "steps that are kept, the newest first; one picture at a time (time_steps=1, inference) "
        "fills the newest place only, as in the C program",
        minimum=1,
        maximum=2**10,
    )

    def plan(self, place: Place) -> Plan:
        c, h, w = place.input
        out = Shape(c * self.history_size, h, w)
        row = f"HISTORY s = {self.history_size:2d}   {sides(place.input, out)}"
        return place.plan(self, out, row=row)
