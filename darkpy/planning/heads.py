"""The heads of a cfg, without torch: who is one, who detects, what they say for the whole network.

The facts themselves stand with each kind in `darkpy.sections`, as its `head`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from darkpy.sections.anchored import DetectingOptions
from darkpy.sections.base import SECTIONS, Plan
from darkpy.sections.head import HeadFacts


@dataclass(frozen=True)
class PictureKeys:
    """How pictures are made for a training: jitter=, resize=, max= and random= of the last head."""

    jitter: float
    resize: float
    objects: int
    random: float

    @classmethod
    def of(cls, layers: Iterable[Plan]) -> PictureKeys:
        """Those of the last head that detects; the usual ones where it knows none of them."""
        heads = [plan.options for plan in detecting(layers)]
        known = bool(heads) and isinstance(heads[-1], DetectingOptions)
        options = heads[-1] if known else DetectingOptions()
        return cls(options.jitter, options.resize, options.max, options.random)


def facts() -> dict[str, HeadFacts]:
    """The table: kind of section -> what its heads are like, with the kind's usual keys."""
    known = {kind: section().head for kind, section in SECTIONS.items()}
    return {kind: head for kind, head in known.items() if head is not None}


def heads(layers: Iterable[Plan]) -> list[Plan]:
    """The layers that something is trained towards."""
    return [plan for plan in layers if plan.options.head is not None]


def detecting(layers: Iterable[Plan]) -> list[Plan]:
    """The heads that offer boxes."""
    return [plan for plan in heads(layers) if plan.options.head.detects]


def anchored(layers: Iterable[Plan]) -> list[Plan]:
    """The heads with anchors=."""
    return [plan for plan in heads(layers) if plan.options.head.anchors]


def in_cells(head: Plan) -> bool:
    """Whether its anchors= count cells of its own grid."""
    return head.options.head.anchors == "cells"
