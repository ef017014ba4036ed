"""What is known of a head without torch; each kind says it of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class HeadFacts:
    """What a layer that something is trained towards is like.

    detects: it offers boxes. anchors: the unit of its anchors=, network pixels or cells of its own
    grid, "" where it has none. truth: what it learns from, boxes or the values wanted of a picture.
    """

    detects: bool = False
    anchors: Literal["", "pixels", "cells"] = ""
    truth: Literal["boxes", "values"] = "boxes"
