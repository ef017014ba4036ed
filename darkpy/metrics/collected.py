"""All detections and objects of a data set in flat arrays, and the pairs of them that overlap.

Every rule (Darknet's, VOC's, COCO's, the split of errors) reads the same pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor

from darkpy.boxes import coverage, iou
from darkpy.metrics.orders import falling, join, rising

_Columns = TypeVar("_Columns")
EVERY_CLASS = -1  # of a crowd
# Pairs whose overlap is computed at once: what is held beside them stays small.
PAIRS_AT_ONCE = 2**20


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

    boxes: np.ndarray
    classes: np.ndarray
    ignored: np.ndarray
    crowd: np.ndarray


@dataclass(frozen=True)
class FlatDetections:
    """D detections, one for every class of every box above 0, and M objects of P pictures.

    Detections come picture by picture, box by box and within a box class by class, as Darknet
    counts them. boxes (D, 4) and truth_boxes (M, 4) float32 cxcywh in the unit square, sizes_hw
    (P, 2) px, the others (D,) or (M,). What several rules want to know of them is found once.
    """

    sizes_hw: np.ndarray
    boxes: np.ndarray
    probs: np.ndarray
    classes: np.ndarray
    pictures: np.ndarray
    truth_boxes: np.ndarray
    truth_classes: np.ndarray
    truth_pictures: np.ndarray
    ignored: np.ndarray
    crowd: np.ndarray

    @classmethod
    def of(cls, detections: Detected, objects: Objects, size_hw: tuple[int, int]) -> FlatDetections:
        """One picture, whose number is 0."""
        probs = detections.probs.numpy()
        rows, classes = np.nonzero(probs)
        return cls(
            sizes_hw=np.array([size_hw], dtype=np.int64),
            boxes=detections.boxes.numpy()[rows],
            probs=probs[rows, classes],
            classes=classes,
            pictures=np.zeros(len(rows), dtype=np.int64),
            truth_boxes=np.asarray(objects.boxes, dtype=np.float32).reshape(-1, 4),
            truth_classes=objects.classes,
            truth_pictures=np.zeros(len(objects.classes), dtype=np.int64),
            ignored=objects.ignored,
            crowd=objects.crowd,
        )

    @classmethod
    def nothing(cls) -> FlatDetections:
        """No picture."""
        boxes, numbers, marks = np.zeros((0, 4), np.float32), np.zeros(0, int), np.zeros(0, bool)
        return cls(
            sizes_hw=np.zeros((0, 2), int),
            boxes=boxes,
            probs=np.zeros(0, np.float32),
            classes=numbers,
            pictures=numbers,
            truth_boxes=boxes,
            truth_classes=numbers,
            truth_pictures=numbers,
            ignored=marks,
            crowd=marks,
        )

    @classmethod
    def joined(cls, parts: Sequence[FlatDetections]) -> FlatDetections:
        """Several (at least one) as one; their pictures are counted on."""
        first = np.cumsum([0, *(len(part.sizes_hw) for part in parts[:-1])])
        columns = {
            column.name: np.concatenate([getattr(part, column.name) for part in parts])
            for column in fields(cls)
        }
        columns["pictures"] += np.repeat(first, [len(part.probs) for part in parts])
        columns["truth_pictures"] += np.repeat(first, [len(part.crowd) for part in parts])
        return cls(**columns)

    @property
    def counted(self) -> np.ndarray:
        """Objects that have to be found, (M,) bool."""
        return ~(self.ignored | self.crowd)

    @cached_property
    def boxes_px(self) -> np.ndarray:
        """`boxes` in px of their pictures, (D, 4) float64."""
        return self.boxes * self._wh_px(self.pictures)

    @cached_property
    def truth_boxes_px(self) -> np.ndarray:
        """`truth_boxes` in px of their pictures, (M, 4) float64."""
        return self.truth_boxes * self._wh_px(self.truth_pictures)

    @cached_property
    def by_class(self) -> np.ndarray:
        """Numbers of the detections, class by class, likeliest first, of equal ones the first
        first; (D,). All rules want this order, so that it is found once.
        """
        order = falling(self.probs)
        return order[rising(self.classes[order])]

    @cached_property
    def ranked(self) -> tuple[np.ndarray, np.ndarray]:
        """Numbers of the detections, picture by picture, class by class, likeliest first; and how
        many of the same picture and class go before each, (D,).
        """
        order = self.by_class[rising(self.pictures[self.by_class])]
        groups = (self.pictures * (1 + self.classes.max(initial=0)) + self.classes)[order]
        begins = np.flatnonzero(np.diff(groups, prepend=-1))
        counts = np.diff(begins, append=len(order))
        return order, np.arange(len(order)) - np.repeat(begins, counts)

    @property
    def pairs_of_class(self) -> tuple[np.ndarray, np.ndarray]:
        """`same_class` of all detections; not kept, for a training holds on to its last report."""
        return self.same_class(np.arange(len(self.probs)))

    def _wh_px(self, pictures: np.ndarray) -> np.ndarray:
        return np.tile(self.sizes_hw[pictures, ::-1].astype(np.float64), 2)

    def same_class(self, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Pairs of a picture's detection and an object of its class or a crowd of every class.

        numbers: of the detections that are asked about, ascending. Gives numbers of detections,
        ascending, and of objects, ascending within a detection; (E,) each.
        """
        classes = 1 + max(self.classes.max(initial=0), self.truth_classes.max(initial=0))
        for_all = self.crowd & (self.truth_classes == EVERY_CLASS)
        own, of_all = np.flatnonzero(~for_all), np.flatnonzero(for_all)
        keys = self.pictures[numbers] * classes + self.classes[numbers]
        pairs = join(keys, self.truth_pictures[own] * classes + self.truth_classes[own])
        left, right = pairs[0], own[pairs[1]]
        if len(of_all):
            more = join(self.pictures[numbers], self.truth_pictures[of_all])
            left = np.concatenate((left, more[0]))
            right = np.concatenate((right, of_all[more[1]]))
            order = np.lexsort((right, left))
            left, right = left[order], right[order]
        return numbers[left], right

    def same_picture(self, detections: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Pairs of detections and objects of any class: places in `detections` and numbers."""
        return join(self.pictures[detections], self.truth_pictures)

    def overlaps(self, detections: np.ndarray, truths: np.ndarray) -> np.ndarray:
        """IoU of pairs (E,), with a crowd the share of the detection that lies inside; float32."""
        return self._overlaps(self.boxes, self.truth_boxes, detections, truths)

    def overlaps_px(self, detections: np.ndarray, truths: np.ndarray) -> np.ndarray:
        """The same of the boxes in px, in float64."""
        return self._overlaps(self.boxes_px, self.truth_boxes_px, detections, truths)

    def _overlaps(
        self, boxes: np.ndarray, own: np.ndarray, detections: np.ndarray, truths: np.ndarray
    ) -> np.ndarray:
        found = np.empty(len(detections), dtype=boxes.dtype)
        # column by column: rows of four are several times slower to pick and to compute with
        boxes, own = np.ascontiguousarray(boxes.T), np.ascontiguousarray(own.T)
        for at in range(0, len(detections), PAIRS_AT_ONCE):
            part = slice(at, at + PAIRS_AT_ONCE)
            found[part] = iou(_picked(boxes, detections[part]), _picked(own, truths[part])).numpy()
        crowded = np.flatnonzero(self.crowd[truths])
        of_crowds = _picked(own, truths[crowded])
        found[crowded] = coverage(_picked(boxes, detections[crowded]), of_crowds).numpy()
        return found


def _picked(columns: np.ndarray, numbers: np.ndarray) -> Tensor:
    """Boxes of columns (4, N), (E, 4)."""
    return torch.from_numpy(np.take(columns, numbers, axis=1)).T
