"""[local_avgpool]: the mean of the values under a window.

As [maxpool], with the mean in place of the largest value.
"""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.sections.base import SECTIONS, Place, Plan
from darkpy.sections.maxpool import Pooling


@SECTIONS("local_avgpool", "local_avg")
@dataclass(frozen=True)
class LocalAvgpool(Pooling):
    """Keys of [local_avgpool]; defaults from parse_local_avgpool() in Darknet's src/parser.c."""

    def plan(self, place: Place) -> Plan:
        out = self.pooled(place, self.steps)
        bflops = self.window**2 * out.size / 1e9
        row, windows = self.row("avg", place.input, out), (self.sliding(self.steps),)
        return place.plan(self, out, bflops=bflops, row=row, windows=windows)
