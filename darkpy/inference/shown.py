"""Which detections a user gets to see, and what their classes are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from darkpy.inference.detector import Detections

_HIDDEN = "dont_show"  # a class whose name begins so is found but not shown: src/image.c


@dataclass(frozen=True)
class Shown:
    """A box with at least one class to show.

    box: cx cy w h in the unit square of the picture. classes: the most probable one first, then
    the others by number; probs: theirs. track: its number in a film, 0 for none.
    """

    box: tuple[float, float, float, float]
    classes: tuple[int, ...]
    probs: tuple[float, ...]
    track: int = 0


def shown(detections: Detections, names: Sequence[str], thresh: float) -> list[Shown]:
    """The detections with a class above `thresh`, in their order; get_actual_detections().

    A box that is not finite cannot be drawn or written and is left out.
    """
    boxes, probs = detections.boxes.numpy(), detections.probs.numpy().copy()
    hidden = [name.startswith(_HIDDEN) for name in names[: probs.shape[1]]]
    probs[:, np.flatnonzero(hidden)] = 0
    above = (probs > thresh) & np.isfinite(boxes).all(axis=1)[:, None]
    found = []
    for row in np.flatnonzero(above.any(axis=1)):
        best = int(probs[row].argmax())
        others = [int(number) for number in np.flatnonzero(above[row]) if number != best]
        classes = (best, *others)
        own = tuple(probs[row, list(classes)].tolist())
        track = 0 if detections.tracks is None else int(detections.tracks[row])
        found.append(Shown(tuple(boxes[row].tolist()), classes, own, track))
    return found


def class_name(names: Sequence[str], number: int) -> str:
    """The name of a class, or its number where the list of names is too short."""
    return names[number] if number < len(names) else str(number)
