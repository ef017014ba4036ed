"""Anchors: how well they fit the sizes of a data set's boxes, and the ones that fit best.

Sizes and anchors are (N, 2) and (A, 2) arrays of width and height in the same unit, network
pixels as a rule. Two of them are compared as boxes with one corner in common, as Darknet does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from darkpy.errors import DataError

RECALL_IOU = 0.5  # overlap from which a box counts as one that an anchor fits
RESTARTS = 100
# What fits the train list best fits new pictures less well, and heads were tuned with the usual
# anchors: users report that small gains in overlap lose mAP (AlexeyAB/darknet#7856).
WORTH_CHANGING = 0.10
REACH_WORTH_CHANGING = 0.05  # of the boxes, where an anchor answers only from match_thresh= on
_MOST_ROUNDS = 1000  # do_kmeans(), Darknet's src/matrix.c
# Most of the gain comes in the first rounds: all restarts get those, on a sample of the boxes, and
# the best ones go on to the end.
_FIRST_ROUNDS = 15
_FINALISTS = 8
_SAMPLE = 10_000
_LAST_ROUNDS = 30  # with all boxes, from where the sample ended
_BLOCK = 2**16  # boxes compared at once, so that memory stays flat


@dataclass(frozen=True)
class Fit:
    """How well anchors fit boxes.

    avg_iou: mean over the boxes of the overlap with the nearest anchor. recall: share of the boxes
    whose nearest anchor overlaps by more than a threshold, `RECALL_IOU` unless said otherwise.
    """

    avg_iou: float
    recall: float


def overlaps(wh: np.ndarray, anchors: np.ndarray) -> np.ndarray:
    """IoU of every size (N, 2) with every anchor (A, 2) -> (N, A); 0 for a size without area."""
    (w, h), (anchor_w, anchor_h) = _sizes(wh).T, _sizes(anchors).T[:, :, None]
    # One row an anchor: numpy is fast along long rows, and there are few anchors.
    shared = np.minimum(w, anchor_w) * np.minimum(h, anchor_h)
    union = w * h + anchor_w * anchor_h - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0).T


def nearest_overlaps(wh: np.ndarray, anchors: np.ndarray) -> np.ndarray:
    """IoU of every size (N, 2) with the anchor nearest to it -> (N,)."""
    wh = _sizes(wh)
    blocks = (wh[at : at + _BLOCK] for at in range(0, len(wh), _BLOCK))
    parts = [overlaps(block, anchors).max(axis=1) for block in blocks]
    return np.concatenate(parts) if parts else np.empty(0)


def fit(wh: np.ndarray, anchors: np.ndarray, *, threshold: float = RECALL_IOU) -> Fit:
    """How well anchors (A, 2) fit sizes (N, 2); all zero where there are no sizes."""
    best = nearest_overlaps(wh, anchors)
    if not len(best):
        return Fit(0.0, 0.0)
    return Fit(float(best.mean()), float((best > threshold).mean()))


def kmeans(
    wh: np.ndarray, k: int, rng: np.random.Generator, restarts: int = RESTARTS
) -> np.ndarray:
    """The k anchors (k, 2), smallest area first, that fit sizes (N, 2) best by their average IoU.

    k-means with 1 - IoU as the distance and the mean as the centre, as do_kmeans() of Darknet's
    src/matrix.c, but begun `restarts` times: by turns with centres far from each other (k-means++)
    and with any k of the boxes, as there. The same `rng` state gives the same anchors. DataError
    if there are fewer than k different sizes.
    """
    wh = _sizes(wh)
    wh = wh[wh.prod(axis=1) > 0]
    different = len(np.unique(wh, axis=0))
    if different < k:
        raise DataError(
            f"{k} anchors need boxes of {k} different sizes, there are {different}; "
            "take a smaller -num_of_clusters"
        )
    sample = _sample(wh, k, rng)
    starts = (_drawn if turn % 2 else _spread for turn in range(restarts))
    found = [_moved(sample, start(sample, k, rng), _FIRST_ROUNDS) for start in starts]
    found.sort(key=lambda centres: -fit(sample, centres).avg_iou)
    found = [_moved(sample, centres, _MOST_ROUNDS) for centres in found[:_FINALISTS]]
    best = max(found, key=lambda centres: fit(sample, centres).avg_iou)
    if len(sample) < len(wh):
        best = _moved(wh, best, _LAST_ROUNDS)
    return best[np.argsort(best.prod(axis=1), kind="stable")]


def worth_changing(present: Fit, possible: Fit) -> bool:
    """Whether anchors that fit like `possible` are worth losing the present ones."""
    return possible.avg_iou - present.avg_iou > WORTH_CHANGING


def scales_worth_changing(present: Fit, possible: Fit) -> bool:
    """The same of [ssd] and [retina], where `recall` is the share of the boxes reached."""
    reach = possible.recall - present.recall
    return worth_changing(present, possible) or reach > REACH_WORTH_CHANGING


def _sizes(wh: np.ndarray) -> np.ndarray:
    return np.asarray(wh, dtype=np.float64).reshape(-1, 2)


def _sample(wh: np.ndarray, k: int, rng: np.random.Generator) -> np.ndarray:
    """At most _SAMPLE of the sizes; all of them where a sample has fewer than k different ones."""
    if len(wh) <= _SAMPLE:
        return wh
    sample = wh[rng.choice(len(wh), _SAMPLE, replace=False)]
    return sample if len(np.unique(sample, axis=0)) >= k else wh


def _drawn(wh: np.ndarray, k: int, rng: np.random.Generator) -> np.ndarray:
    """k of the sizes; random_centers(), Darknet's src/matrix.c."""
    return wh[rng.choice(len(wh), k, replace=False)]


def _spread(wh: np.ndarray, k: int, rng: np.random.Generator) -> np.ndarray:
    """k of the sizes, each drawn by its squared distance from those before it (k-means++)."""
    centres = wh[[rng.integers(len(wh))]]
    distance = 1 - overlaps(wh, centres)[:, 0]
    while len(centres) < k:
        weights = np.cumsum(np.square(distance))
        # A sum may end a rounding error below 1 times the last entry.
        at = min(np.searchsorted(weights, rng.random() * weights[-1], side="right"), len(wh) - 1)
        centres = np.concatenate((centres, wh[[at]]))
        distance = np.minimum(distance, 1 - overlaps(wh, wh[[at]])[:, 0])
    return centres


def _moved(wh: np.ndarray, centres: np.ndarray, rounds: int) -> np.ndarray:
    """Centres (k, 2) moved to the mean of the sizes nearest to them, `rounds` times or until that
    changes nothing."""
    k = len(centres)
    nearest = np.full(len(wh), -1)
    for _ in range(rounds):
        moved = _nearest(wh, centres)
        if (moved == nearest).all():
            break
        nearest = moved
        counts = np.bincount(nearest, minlength=k)[:, None]
        sums = np.column_stack([np.bincount(nearest, side, minlength=k) for side in wh.T])
        centres = np.where(counts > 0, sums / np.maximum(counts, 1), centres)
    return centres


def _nearest(wh: np.ndarray, centres: np.ndarray) -> np.ndarray:
    blocks = (wh[at : at + _BLOCK] for at in range(0, len(wh), _BLOCK))
    return np.concatenate([overlaps(block, centres).argmax(axis=1) for block in blocks])
