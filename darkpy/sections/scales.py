"""Heads of several scales: sections of one kind with one `group=` are one detector.

Each has a map of its own and the anchors for it; they share one matching, one loss and one
suppression, which the last of them computes. What is not a head's own may stand in any of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from darkpy.cfg.options import key
from darkpy.sections.anchored import DetectingOptions
from darkpy.sections.base import LayerOptions, Place, Plan, Shape

COORDS = 4


@dataclass(frozen=True)
class ScaleOptions(DetectingOptions):
    """The keys of every head that can be one of several. own: the keys that are not shared."""

    own: ClassVar[frozenset[str]] = frozenset()

    group: int = key(
        0,
        "heads of a kind with the same number are one detector: one matching, one loss, one "
        "suppression; keys that are not of the map alone may stand in any of them",
        minimum=0,
    )

    @classmethod
    def shared_keys(cls) -> frozenset[str]:
        """The keys that count for the whole group."""
        alone = {field.name for field in fields(LayerOptions)} | cls.own | {"group"}
        return frozenset(field.name for field in fields(cls) if field.metadata) - alone

    def check_variance(self, place: Place, variance: tuple[float, ...]) -> None:
        """Report a variance= that is not one number for each of a box's four outputs."""
        if len(variance) != COORDS or 0 in variance:
            place.error("variance", "variance= needs four numbers above 0, for x, y, w, h")

    def check_split(self, place: Place, num: int, each: int) -> None:
        """Report a layer before without the channels of layout=split, the scores first; each: the
        scores of one of num anchors."""
        scores, offsets = num * each, num * COORDS
        before = place.earlier[-1] if place.earlier else None
        parts = [shape.c for shape in before.inputs] if before and before.kind == "route" else []
        if parts == [offsets, scores] and offsets != scores:
            place.error("layout", "layout=split reads the scores first, then the boxes")
        elif place.input.c != scores + offsets or (len(parts) == 2 and parts[0] != scores):
            has = " and ".join(map(str, parts)) or place.input.c
            place.error(
                "layout",
                f"layout=split with {num} anchors (sizes=, ratios=) of {each} scores (classes=) "
                f"needs {scores} channels with the scores and {offsets} with the boxes, the layer "
                f"before has {has}",
            )

    def plan_scale(self, place: Place, row: str, **facts: Any) -> Plan:
        """The plan of such a head: the last one of a group reads the maps of the others too."""
        inputs: tuple[Shape, ...] = (place.input,)
        sources: tuple[int, ...] = (place.index - 1,)
        if place.group and place.group[-1] == place.index:
            others = [plan for plan in place.earlier if plan.index in place.group]
            inputs += _firsts(plan.inputs for plan in others)
            sources += _firsts(plan.sources for plan in others)
        return place.plan(self, place.input, sources=sources, inputs=inputs, row=row, **facts)


def _firsts(each: Iterable[tuple]) -> tuple:
    return tuple(one[0] for one in each)
