"""Curves of any length in as many points as a chart has pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_BUCKETS = 900  # about one a pixel across the chart


@dataclass(frozen=True)
class Thinned:
    """A curve in buckets, (P,) each: where they are, their mean, smallest and largest value."""

    at: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray


def thin(iterations: np.ndarray, values: np.ndarray) -> Thinned:
    """Finite values in at most _BUCKETS buckets of equally many iterations."""
    known = np.isfinite(values)
    x, y = iterations[known], values[known]
    if not len(x):
        return Thinned(x, y, y, y)
    starts = np.unique(np.linspace(0, len(x), min(len(x), _BUCKETS), endpoint=False, dtype=int))
    counts = np.diff(starts, append=len(x))
    return Thinned(
        at=np.add.reduceat(x, starts) / counts,
        mean=np.add.reduceat(y, starts) / counts,
        low=np.minimum.reduceat(y, starts),
        high=np.maximum.reduceat(y, starts),
    )
