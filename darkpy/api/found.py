"""What a detector found, and the forms in which other programs take it."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from darkpy.errors import DarkpyError
from darkpy.inference.detector import Detections
from darkpy.inference.shown import class_name, shown

_DIGITS = 6  # of the numbers in a JSON: detection_to_json(), src/network.c


@dataclass(frozen=True)
class Found:
    """One object: its class's name, the probability 0..1, the box in px of the picture.

    box: left, top, right, bottom, where Darknet's program would draw it; it may reach outside.
    number: of the class, from 0. place: cx, cy, w, h of the box in the unit square of the picture.

    >>> one = Found("dog", 0.9, (48.0, 24.0, 80.0, 40.0), 16, (0.5, 0.5, 0.25, 0.25))
    >>> one.box[2] - one.box[0]
    32.0
    """

    name: str
    probability: float
    box: tuple[float, float, float, float]
    number: int = field(default=0, repr=False)
    place: tuple[float, float, float, float] = field(default=(0.0, 0.0, 0.0, 0.0), repr=False)


def found_in(
    detections: Detections, names: Sequence[str], size_hw: tuple[int, int], thresh: float
) -> list[Found]:
    """The objects of a picture of `size_hw` px, the most probable first."""
    found = [
        Found(class_name(names, number), prob, _edges_px(one.box, *size_hw), number, one.box)
        for one in shown(detections, names, thresh)
        for number, prob in zip(one.classes, one.probs, strict=True)
    ]
    return sorted(found, key=lambda one: -one.probability)


def _edges_px(
    cxcywh: tuple[float, float, float, float], height: int, width: int
) -> tuple[float, float, float, float]:
    cx, cy, w, h = cxcywh
    return (
        (cx - w / 2) * width,
        (cy - h / 2) * height,
        (cx + w / 2) * width,
        (cy + h / 2) * height,
    )


def as_detections(found: Sequence[Found], classes: int) -> Detections:
    """The boxes with the probabilities of their classes, as they were before `found_in`."""
    places = list(dict.fromkeys(one.place for one in found))
    probs = torch.zeros(len(places), classes)
    for one in found:
        probs[places.index(one.place), one.number] = one.probability
    boxes = torch.tensor(places, dtype=torch.float32).reshape(-1, 4)
    return Detections(boxes, probs.amax(dim=1) if classes else probs.sum(dim=1), probs)


def as_json(found: Iterable[Found], path: str, frame: int) -> str:
    """A picture of the file that `detector test -out` writes, on one line."""
    objects = [
        {
            "class_id": one.number,
            "name": one.name,
            "relative_coordinates": dict(
                zip(
                    ("center_x", "center_y", "width", "height"),
                    (round(number, _DIGITS) for number in one.place),
                    strict=True,
                )
            ),
            "confidence": round(one.probability, _DIGITS),
        }
        for one in found
    ]
    return json.dumps({"frame_id": frame, "filename": path, "objects": objects})


def as_labels(found: Iterable[Found]) -> str:
    """Rows `class cx cy w h` of a label file: of each box its most probable class."""
    best: dict[tuple[float, ...], Found] = {}
    for one in found:
        kept = best.setdefault(one.place, one)
        if one.probability > kept.probability:
            best[one.place] = one
    rows = (
        f"{one.number} " + " ".join(f"{number:.4f}" for number in one.place)
        for one in best.values()
    )
    return "".join(f"{row}\n" for row in rows)


def as_supervision(found: Sequence[Found]) -> Any:
    """A `supervision.Detections`. DarkpyError where that package is not installed."""
    try:
        supervision = importlib.import_module("supervision")
    except ImportError as problem:
        if problem.name == "supervision":
            raise DarkpyError("supervision is not installed: `pip install supervision`") from None
        raise DarkpyError(f"supervision cannot be imported: {problem}") from problem
    return supervision.Detections(
        xyxy=np.array([one.box for one in found], np.float32).reshape(-1, 4),
        confidence=np.array([one.probability for one in found], np.float32),
        class_id=np.array([one.number for one in found], int),
        data={"class_name": np.array([one.name for one in found], str)},
    )
