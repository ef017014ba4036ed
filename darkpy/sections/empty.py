"""[empty]: passes on what it gets; a place to cut a network or to number its layers alike.

Layer numbers stay as they are when a layer is replaced by it.
"""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.sections.base import SECTIONS, LayerOptions, Place, Plan


@SECTIONS("empty", "silence")
@dataclass(frozen=True)
class Empty(LayerOptions):
    """[empty] has no keys of its own."""

    def plan(self, place: Place) -> Plan:
        return place.plan(self, place.input, row="empty", passes_on=True)
