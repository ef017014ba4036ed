"""[reorg3d]: an exchange of resolution for channels that keeps neighbours together.

Each square of stride x stride px becomes one pixel with stride*stride times the channels.
"""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.sections.base import SECTIONS, Place, Plan, sides
from darkpy.sections.reorg import Exchange


@SECTIONS("reorg3d")
@dataclass(frozen=True)
class Reorg3d(Exchange):
    """Keys of [reorg3d]; defaults from parse_reorg() in Darknet's src/parser.c."""

    def plan(self, place: Place) -> Plan:
        out = self.exchanged(place)
        if self.reverse:
            # reorg_cpu() divides the channels of the result once more
            self.check_channels(place, self.stride**4)
        row = f"reorg                  /{self.stride:2d}  {sides(place.input, out)}"
        return place.plan(self, out, row=row, windows=(self.window,))
