"""What a detector's mistakes are of, and what each kind costs: TIDE, arXiv:2008.08115.

A detection that found nothing is, of the first that fits: badly placed (an object of its class
overlaps, but too little), of the wrong class (an object of another class is there), both wrong,
a duplicate (the object has been found already) or background (nothing is there). An object that
nothing found, not even wrongly, is missed. The cost of a kind is what the average precision would
gain if an oracle mended its mistakes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from darkpy.metrics.coco import Chosen, choose, likeliest, precision_at_recalls
from darkpy.metrics.collected import FlatDetections
from darkpy.metrics.orders import best_of_each

BACKGROUND_IOU = 0.1  # below it nothing is there: section 2.2
MOST_DETECTIONS = 100  # of a class in a picture, as COCO counts
KINDS = ("class", "place", "both", "duplicate", "background", "missed")
_PLACE, _CLASS, _DUPLICATE, _BACKGROUND, _BOTH = (
    KINDS.index(name) for name in ("place", "class", "duplicate", "background", "both")
)
_RIGHT = -1


@dataclass(frozen=True)
class ErrorSplit:
    """average_precision: mean over the classes that have objects, by 101 recalls, at one IoU.

    counts: mistakes by kind. gains: what average_precision would gain without them.
    """

    average_precision: float
    counts: dict[str, int]
    gains: dict[str, float]


@dataclass(frozen=True)
class _Judged:
    """Detections (D,), likeliest first. kind: index into KINDS or _RIGHT.

    truth: the object, found by nothing, that one of the wrong place or class belongs to, or -1.
    usable: it is the likeliest of those that belong to the same object.
    """

    classes: np.ndarray
    kind: np.ndarray
    truth: np.ndarray
    usable: np.ndarray


def split_errors(all_: FlatDetections, classes: int, *, iou_thresh: float) -> ErrorSplit:
    """Split the mistakes at an overlap. Crowds and ignored objects neither count nor harm."""
    chosen = likeliest(all_, MOST_DETECTIONS, min(BACKGROUND_IOU, iou_thresh))
    found, taken = choose(all_, chosen, ~all_.counted, iou_thresh)
    harmless = (found >= 0) & ~np.append(all_.counted, False)[found]
    judged = _judge(all_, chosen, np.where(harmless, -2, found), taken, iou_thresh)
    missed = all_.counted & ~taken
    missed[judged.truth[judged.truth >= 0]] = False
    objects = np.bincount(all_.truth_classes[all_.counted], minlength=classes)
    unseen = np.bincount(all_.truth_classes[missed], minlength=classes)
    now = _mean_precision(judged, judged.kind == _RIGHT, objects)
    counts = {name: int((judged.kind == kind).sum()) for kind, name in enumerate(KINDS[:-1])}
    gains = {
        name: _mended(judged, all_, kind, objects) - now for kind, name in enumerate(KINDS[:-1])
    }
    counts["missed"] = int(missed.sum())
    gains["missed"] = _mean_precision(judged, judged.kind == _RIGHT, objects - unseen) - now
    return ErrorSplit(now, counts, gains)


def _judge(
    all_: FlatDetections, chosen: Chosen, found: np.ndarray, taken: np.ndarray, iou_thresh: float
) -> _Judged:
    """found: the object of each of the chosen, -1 for none, -2 for one that does not count."""
    order = np.flatnonzero(found > -2)
    order = order[np.argsort(-chosen.probs[order], kind="stable")]
    numbers = chosen.numbers[order]
    own = _Nearest.of(all_, numbers, same=True)
    other = _Nearest.of(all_, numbers, same=False)
    used = _Nearest.of(all_, numbers, same=True, among=taken)
    kind = np.select(
        [
            found[order] >= 0,
            (own.ious >= BACKGROUND_IOU) & (own.ious <= iou_thresh),
            other.ious >= iou_thresh,
            used.ious >= iou_thresh,
            np.maximum(own.ious, other.ious) <= BACKGROUND_IOU,
        ],
        [_RIGHT, _PLACE, _CLASS, _DUPLICATE, _BACKGROUND],
        default=_BOTH,
    )
    truth = np.select([kind == _PLACE, kind == _CLASS], [own.truths, other.truths], default=-1)
    free = (truth >= 0) & ~np.append(taken, False)[truth]
    usable = np.zeros(len(order), bool)
    candidates = np.flatnonzero(free)
    usable[candidates[np.unique(truth[candidates], return_index=True)[1]]] = True
    truth = np.where(free, truth, -1)
    return _Judged(chosen.classes[order], kind, truth, usable)


@dataclass(frozen=True)
class _Nearest:
    """For each of some detections the object that fits best, or -1, and the overlap; (D,) each."""

    truths: np.ndarray
    ious: np.ndarray

    @classmethod
    def of(
        cls,
        all_: FlatDetections,
        numbers: np.ndarray,
        *,
        same: bool,
        among: np.ndarray | None = None,
    ) -> _Nearest:
        """Of the objects of the detection's class or of all others; only those `among` (M,)."""
        places, truths = all_.same_picture(numbers)
        kept = all_.counted[truths]
        kept &= (all_.classes[numbers[places]] == all_.truth_classes[truths]) == same
        if among is not None:
            kept &= among[truths]
        places, truths = places[kept], truths[kept]
        overlap = all_.overlaps_px(numbers[places], truths)
        best = best_of_each(places, overlap)
        nearest = cls(np.full(len(numbers), -1), np.zeros(len(numbers)))
        nearest.truths[places[best]], nearest.ious[places[best]] = truths[best], overlap[best]
        return nearest


def _mended(judged: _Judged, all_: FlatDetections, kind: int, objects: np.ndarray) -> float:
    """Average precision if each mistake of a kind were put right, or left out where it can't be."""
    own = judged.kind == kind
    mended = own & judged.usable
    kept = ~own | mended
    classes = np.where(mended, np.append(all_.truth_classes, -1)[judged.truth], judged.classes)
    right = (judged.kind == _RIGHT) | mended
    return _mean_precision(replace(judged, classes=classes), right, objects, kept)


def _mean_precision(
    judged: _Judged, right: np.ndarray, objects: np.ndarray, kept: np.ndarray | None = None
) -> float:
    """Over the classes that have objects; 0 without any."""
    own = np.argsort(judged.classes, kind="stable")
    if kept is not None:
        own = own[kept[own]]
    classes, right = judged.classes[own], right[own]
    counted = np.arange(len(own)) - np.searchsorted(classes, classes) + 1
    right &= objects[classes] > 0
    level = np.zeros(np.count_nonzero(right), dtype=np.int64)
    values = precision_at_recalls(level, classes[right], counted[right], objects, 1)
    return float(np.mean(values.mean(axis=(1, 2)))) if len(values) else 0.0
