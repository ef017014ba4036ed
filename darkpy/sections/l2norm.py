"""[l2norm]: the channels of each pixel brought to length 1, then a trained factor a channel.

SSD has it behind conv4_3, whose values are much larger than those of deeper layers; darkpy's own.
"""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.cfg.options import key
from darkpy.sections.base import SECTIONS, Array, LayerOptions, Place, Plan


@SECTIONS("l2norm")
@dataclass(frozen=True)
class L2norm(LayerOptions):
    """Keys of [l2norm]."""

    scale: float = key(20.0, "the factor that training begins with", note="It is not decayed.")

    def plan(self, place: Place) -> Plan:
        c, h, w = place.input
        row = f"l2norm                               {w:4d} x{h:4d} x{c:4d}"
        arrays, kept = (Array("scales", (c,)),), place.input.size
        return place.plan(self, place.input, arrays=arrays, row=row, kept=kept)
