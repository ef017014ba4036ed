"""Whether a probability means what it says: of the detections at .9, are nine in ten right?"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from darkpy.metrics.evidence import Evidence

EDGES = (0.25, 0.5, 0.7, 0.8, 0.9, 1.0)


@dataclass(frozen=True)
class Bin:
    """Detections with a probability above `low` and up to `high`: mean, and share that is right."""

    low: float
    high: float
    count: int
    probability: float
    right: float


@dataclass(frozen=True)
class Calibration:
    """error: mean distance of probability and share, weighed by detections; arXiv:1706.04599."""

    bins: tuple[Bin, ...]
    error: float


def calibration(evidence: Evidence, edges: tuple[float, ...] = EDGES) -> Calibration:
    """Of the detections above the first edge; a bin without any has NaN for its shares."""
    place = np.searchsorted(edges, evidence.probs, side="left") - 1
    bins = []
    for number, (low, high) in enumerate(itertools.pairwise(edges)):
        own = place == number
        count = int(own.sum())
        probability = float(evidence.probs[own].mean()) if count else float("nan")
        right = float(evidence.right[own].mean()) if count else float("nan")
        bins.append(Bin(low, high, count, probability, right))
    filled = [it for it in bins if it.count]
    total = sum(it.count for it in filled)
    error = sum(it.count * abs(it.probability - it.right) for it in filled) / max(total, 1)
    return Calibration(tuple(bins), error)
