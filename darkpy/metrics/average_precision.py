"""Precision over recall, and the average precision by Darknet's three rules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from darkpy.metrics.orders import first_of_each


@dataclass(frozen=True)
class Curve:
    """Precision and recall of one class after each of its detections, likeliest first, (E,)."""

    probs: np.ndarray
    precision: np.ndarray
    recall: np.ndarray

    @property
    def f1(self) -> np.ndarray:
        """Harmonic mean of both, (E,); 0 where both are 0."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / np.where(total > 0, total, 1)


def precision_recall(probs: np.ndarray, truths: np.ndarray, objects: int) -> Curve:
    """The curve of one class.

    probs (E,), truths (E,) the number of the object found or -1, `objects` that there are. Of
    several detections of one object the likeliest is right and the others are wrong.
    """
    order = np.argsort(-probs, kind="stable")
    truths = truths[order]
    right = np.cumsum(first_of_each(truths) & (truths >= 0))
    return Curve(
        probs=probs[order],
        precision=right / np.arange(1, len(right) + 1),
        recall=right / max(objects, 1),
    )


def average_precision(curve: Curve, points: int) -> float:
    """By `points` recalls, or the area under the curve for 0; validate_detector_map().

    11 is PASCAL VOC 2007's rule and 101 COCO's.
    """
    return _at_points(curve, points) if points else _area(curve)


def _best_from_here(curve: Curve) -> np.ndarray:
    """The largest precision at this recall or a higher one, (E,)."""
    return np.maximum.accumulate(curve.precision[::-1])[::-1]


def _area(curve: Curve) -> float:
    """Every step of recall weighs with the best precision there or later."""
    return float(np.sum(np.diff(curve.recall, prepend=0) * _best_from_here(curve)))


def _at_points(curve: Curve, points: int) -> float:
    wanted = np.arange(points) / (points - 1)
    reached = np.searchsorted(curve.recall, wanted, side="left")
    best = np.append(_best_from_here(curve), 0)
    return float(best[reached].mean())
