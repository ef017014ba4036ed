"""Which detection found which object: Darknet's rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Protocol, TypeVar

import numpy as np
from torch import Tensor

from darkpy.boxes import iou

_Columns = TypeVar("_Columns")


class Detected(Protocol):
    """What of darkpy.inference.Detections is measured."""

    @property
    def boxes(self) -> Tensor:
        """(N, 4) cxcywh in the unit square of the picture."""

    @property
    def probs(self) -> Tensor:
        """(N, K), 0 where a class is too unlikely or suppressed."""


@dataclass(frozen=True)
class Matches:
    """The detections of one picture, (E,) each: one for every class of every box above 0.

    They come box by box and within a box class by class, as Darknet counts them.
    """

    probs: np.ndarray
    classes: np.ndarray
    truths: np.ndarray  # the object it found, or -1
    ious: np.ndarray  # with that object, 0 without
    repeats: np.ndarray  # an earlier detection, however unlikely, found the same object
    ignored: np.ndarray  # found nothing but an object that does not count


def match(
    detections: Detected,
    truth_boxes: Tensor,
    truth_classes: np.ndarray,
    ignored: np.ndarray,
    *,
    iou_thresh: float,
) -> Matches:
    """Give every detection the object of its class with the best IoU above `iou_thresh`.

    truth_boxes (M, 4) cxcywh unit square, truth_classes (M,), ignored (M,) bool. An object is
    given away as often as it is the best; who came too late is told by `repeats` and the curve.
    validate_detector_map(), Darknet's src/detector.c.
    """
    probs = detections.probs.numpy()
    rows, classes = np.nonzero(probs)
    overlap = iou(detections.boxes[:, None], truth_boxes).numpy()[rows]  # (E, M)
    eligible = (truth_classes == classes[:, None]) & (overlap > np.float32(iou_thresh))
    candidates = np.where(eligible & ~ignored, overlap, 0)
    truths = np.pad(candidates, ((0, 0), (1, 0))).argmax(axis=1) - 1
    return Matches(
        probs=probs[rows, classes],
        classes=classes,
        truths=truths,
        ious=candidates.max(axis=1, initial=0),
        repeats=~first_of_each(truths),
        ignored=(truths < 0) & (eligible & ignored).any(axis=1),
    )


def first_of_each(numbers: np.ndarray) -> np.ndarray:
    """Whether a number occurs there for the first time, (E,) bool."""
    firsts = np.zeros(len(numbers), dtype=bool)
    firsts[np.unique(numbers, return_index=True)[1]] = True
    return firsts


def stacked(parts: Sequence[_Columns]) -> _Columns:
    """Several dataclasses of arrays (at least one) as one, column by column."""
    columns = {
        column.name: np.concatenate([getattr(part, column.name) for part in parts])
        for column in fields(parts[0])
    }
    return type(parts[0])(**columns)
