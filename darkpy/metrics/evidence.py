"""What is left of a measurement to compute with later: which detections were right, and where.

From it come intervals of the mAP and the comparison of two detectors on the same pictures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from darkpy.errors import DataError
from darkpy.metrics.collected import FlatDetections
from darkpy.metrics.matching import Matches
from darkpy.metrics.orders import first_of_each

# Weighted values held at once while many weightings are tried.
_VALUES_AT_ONCE = 2**22
_PRODUCTS = 120  # of a product of matrices, in the time of one picked and added weight
_EXACT = 2**24  # whole numbers below it are what they are in float32
_FLOATS = ("probs",)


@dataclass(frozen=True)
class Evidence:
    """E detections that count and M objects that have to be found, by Darknet's rule.

    probs, classes, pictures, right (E,): likeliest of a class first; right is the likeliest
    detection of each object. truth_classes, truth_pictures (M,). pictures and classes are
    numbers; of `picture_count` and `class_count`.
    """

    picture_count: int
    class_count: int
    probs: np.ndarray
    classes: np.ndarray
    pictures: np.ndarray
    right: np.ndarray
    truth_classes: np.ndarray
    truth_pictures: np.ndarray

    @classmethod
    def of(cls, all_: FlatDetections, found: Matches, order: np.ndarray, classes: int) -> Evidence:
        """Of all pictures that were measured; order: as `evidence_order` gives it."""
        truths = found.truths[order]
        return cls(
            picture_count=len(all_.sizes_hw),
            class_count=classes,
            probs=all_.probs[order],
            classes=all_.classes[order],
            pictures=all_.pictures[order],
            right=first_of_each(truths) & (truths >= 0),
            truth_classes=all_.truth_classes[all_.counted],
            truth_pictures=all_.truth_pictures[all_.counted],
        )

    def average_precisions(self, weights: np.ndarray) -> np.ndarray:
        """Area under the curve of each class (W, K) if pictures counted `weights` (W, P) times.

        A class without objects has 0, as in Darknet's mean.
        """
        bounds = np.searchsorted(self.classes, np.arange(self.class_count + 1))
        found = np.zeros((len(weights), self.class_count))
        exact = len(self.probs) * weights.max(initial=0) < _EXACT
        by_picture = weights.T.astype(np.float32 if exact else np.float64, order="C")
        for k in range(self.class_count):
            own = slice(bounds[k], bounds[k + 1])
            objects = weights[:, self.truth_pictures[self.truth_classes == k]].sum(axis=1)
            step = max(1, _VALUES_AT_ONCE // max(1, bounds[k + 1] - bounds[k]))
            for at in range(0, len(weights), step):
                part = slice(at, at + step)
                found[part, k] = _areas(
                    by_picture[:, part], self.pictures[own], self.right[own], objects[part]
                )
        return found

    def selected(self, pictures: np.ndarray) -> Evidence:
        """Only pictures of these numbers (Q,), renumbered 0 to Q - 1."""
        place = np.full(self.picture_count, -1)
        place[pictures] = np.arange(len(pictures))
        own = np.flatnonzero(place[self.pictures] >= 0)
        # of equally likely detections those of earlier pictures come first, as when measuring
        own = own[np.lexsort((place[self.pictures[own]], -self.probs[own], self.classes[own]))]
        own_truths = place[self.truth_pictures] >= 0
        return Evidence(
            len(pictures),
            self.class_count,
            self.probs[own],
            self.classes[own],
            place[self.pictures[own]],
            self.right[own],
            self.truth_classes[own_truths],
            place[self.truth_pictures[own_truths]],
        )

    def right_and_wrong(self, thresh: float) -> np.ndarray:
        """(P, 2): how many detections above a threshold are right and wrong in each picture."""
        sure = self.probs > np.float32(thresh)
        return np.stack(
            [
                np.bincount(self.pictures[sure & kind], minlength=self.picture_count)
                for kind in (self.right, ~self.right)
            ],
            axis=1,
        )

    def as_data(self) -> dict[str, Any]:
        """Numbers and lists for a JSON file; probabilities with seven digits."""
        data = {}
        for name in (column.name for column in fields(self)):
            value = getattr(self, name)
            if name in _FLOATS:
                data[name] = [float(f"{number:.7g}") for number in value.tolist()]
            else:
                data[name] = value if isinstance(value, int) else value.astype(int).tolist()
        return data

    @classmethod
    def from_data(cls, data: Mapping[str, Any], source: str) -> Evidence:
        """What `as_data` gave. DataError, naming the source, where it is anything else."""
        try:
            counts = {name: int(data[name]) for name in ("picture_count", "class_count")}
            rows = {n: np.array(data[n], dtype=np.int64) for n in _lists() if n not in _FLOATS}
            rows["right"] = rows["right"] > 0
            evidence = cls(**counts, probs=np.array(data["probs"], dtype=np.float32), **rows)
        except (KeyError, TypeError, ValueError, OverflowError) as problem:
            raise DataError(f"{source}: is no result of `detector map -json`: {problem}") from None
        evidence._check(source)
        return evidence

    def _check(self, source: str) -> None:
        numbers = (self.probs, self.classes, self.pictures, self.right)
        known = (
            len({array.shape for array in numbers}) == 1
            and self.truth_classes.shape == self.truth_pictures.shape
            and all(array.ndim == 1 for array in (*numbers, self.truth_classes))
            and bool(np.isfinite(self.probs).all())
            and _within(self.classes, self.class_count)
            and _within(self.truth_classes, self.class_count)
            and _within(self.pictures, self.picture_count)
            and _within(self.truth_pictures, self.picture_count)
            and bool((np.diff(self.classes) >= 0).all())
        )
        if not known:
            raise DataError(f"{source}: the lists of detections and objects do not fit each other")


def evidence_order(all_: FlatDetections, found: Matches) -> np.ndarray:
    """Numbers of the detections that count, likeliest of a class first."""
    return all_.by_class[~found.ignored[all_.by_class]]


def _lists() -> Sequence[str]:
    return [c.name for c in fields(Evidence) if c.name not in ("picture_count", "class_count")]


def _within(numbers: np.ndarray, count: int) -> bool:
    return not len(numbers) or (numbers.min() >= 0 and numbers.max() < count)


def _areas(
    weights: np.ndarray, pictures: np.ndarray, right: np.ndarray, objects: np.ndarray
) -> np.ndarray:
    """weights (P, W) of pictures, pictures (E,) of detections, likeliest first, and whether they
    are right (E,), objects (W,) -> (W,).
    """
    places = np.flatnonzero(right)
    everything = _weight_until(weights, pictures, places)
    found = np.cumsum(weights[pictures[places]].astype(np.int64), axis=0).T
    # precision is highest where something was right, so the steps between need no look
    precision = found / np.maximum(everything, 1)
    best = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    recall = found / np.maximum(objects, 1)[:, None]
    return np.sum(np.diff(recall, prepend=0, axis=1) * best, axis=1)


def _weight_until(weights: np.ndarray, pictures: np.ndarray, places: np.ndarray) -> np.ndarray:
    """What the detections up to and with each place weigh together, (W, R); places (R,) rise.

    Between two places weights are added, or, where a product of matrices over the pictures has
    less to do, how many detections each picture has there.
    """
    if not len(places):
        return np.zeros((weights.shape[1], 0), dtype=np.int64)
    until, count = places[-1] + 1, len(weights)
    pictures, begins = pictures[:until], np.append(0, places[:-1] + 1)
    if len(places) * count > _PRODUCTS * until:
        stretches = np.add.reduceat(weights[pictures], begins, axis=0)
    else:
        stretch = np.repeat(np.arange(len(places)), np.diff(begins, append=until))
        cells = np.bincount(stretch * count + pictures, minlength=len(places) * count)
        stretches = cells.reshape(-1, count).astype(weights.dtype) @ weights
    return np.cumsum(stretches.astype(np.int64), axis=0).T
