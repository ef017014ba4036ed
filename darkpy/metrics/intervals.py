"""How far chance may have moved a mAP: the bootstrap over pictures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from darkpy.metrics.evidence import Evidence

SAMPLES = 1000
LEVEL = 0.95
_SEED = 0  # the same pictures are drawn whenever the same data set is measured
_WORK = 4e8  # detections times samples that are computed at most
_FEWEST = 200


@dataclass(frozen=True)
class Interval:
    """What holds a value with the probability LEVEL."""

    low: float
    high: float


def resampled(pictures: int, detections: int) -> np.ndarray:
    """How often each picture is drawn in samples of as many with replacement, (S, P) int64.

    SAMPLES of them, fewer where there are many detections.
    """
    samples = int(np.clip(_WORK / max(detections, 1), _FEWEST, SAMPLES))
    rng = np.random.default_rng(_SEED)
    if not pictures:
        return np.zeros((samples, 0), dtype=np.int64)
    return rng.multinomial(pictures, np.full(pictures, 1 / pictures), size=samples)


def interval(values: np.ndarray) -> Interval:
    """The middle LEVEL of values (S,); Efron's percentile interval."""
    low, high = np.quantile(values, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return Interval(float(low), float(high))


def map_interval(evidence: Evidence) -> Interval:
    """Of the mean of the classes' areas under the curve."""
    weights = resampled(evidence.picture_count, len(evidence.probs))
    return interval(evidence.average_precisions(weights).mean(axis=1))
