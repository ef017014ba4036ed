"""Which detection found which object: Darknet's rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor

from darkpy.boxes import coverage, iou

_Columns = TypeVar("_Columns")
EVERY_CLASS = -1  # of a crowd


class Detected(Protocol):
    """What of darkpy.inference.detector.Detections is measured."""

    @property
    def boxes(self) -> Tensor:
        """(N, 4) cxcywh in the unit square of the picture."""

    @property
    def probs(self) -> Tensor:
        """(N, K), 0 where a class is too unlikely or suppressed."""


@dataclass(frozen=True)
class Objects:
    """What there is in a picture: boxes (M, 4) float32 cxcywh, unit square, classes (M,) int64.

    ignored (M,) bool: an object that need not be found, such as a difficult one. crowd (M,) bool:
    no object but a region in which nothing is judged, of a class or of EVERY_CLASS.
    """

    boxes: Tensor
    classes: np.ndarray
    ignored: np.ndarray
    crowd: np.ndarray

    @property
    def counted(self) -> np.ndarray:
        """Which have to be found, (M,) bool."""
        return ~(self.ignored | self.crowd)

    def overlaps(self, boxes: Tensor) -> np.ndarray:
        """With boxes (N, 4) -> (N, M): IoU, but with a crowd the share of the box that is inside.

        In the precision of `boxes`.
        """
        own = self.boxes.to(boxes.dtype)
        overlap = iou(boxes[:, None], own)
        if self.crowd.any():
            crowd = torch.from_numpy(self.crowd)
            overlap[:, crowd] = coverage(boxes[:, None], own[crowd])
        return overlap.numpy()

    def of_class(self, classes: np.ndarray) -> np.ndarray:
        """Which are meant by detections of classes (E,), (E, M) bool."""
        return (self.classes == classes[:, None]) | (self.crowd & (self.classes == EVERY_CLASS))


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
    ignored: np.ndarray  # found nothing but an object that does not count, or a crowd
    crowded: np.ndarray  # found nothing but a crowd


def match(detections: Detected, objects: Objects, *, iou_thresh: float) -> Matches:
    """Give every detection the object of its class with the best IoU above `iou_thresh`.

    An object is given away as often as it is the best; who came too late is told by `repeats` and
    the curve. What counts goes before what is ignored. validate_detector_map(), Darknet's
    src/detector.c, which knows no crowds.
    """
    probs = detections.probs.numpy()
    rows, classes = np.nonzero(probs)
    overlap = objects.overlaps(detections.boxes)[rows]  # (E, M)
    eligible = objects.of_class(classes) & (overlap > np.float32(iou_thresh))
    candidates = np.where(eligible & objects.counted, overlap, 0)
    truths = np.pad(candidates, ((0, 0), (1, 0))).argmax(axis=1) - 1
    return Matches(
        probs=probs[rows, classes],
        classes=classes,
        truths=truths,
        ious=candidates.max(axis=1, initial=0),
        repeats=~first_of_each(truths),
        ignored=(truths < 0) & (eligible & ~objects.counted).any(axis=1),
        crowded=(truths < 0) & (eligible & objects.crowd).any(axis=1),
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
