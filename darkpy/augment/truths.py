"""Which truths are worth training on."""

from __future__ import annotations

import numpy as np

EMPTY = np.zeros((0, 5), dtype=np.float32)


def trainable(truths: np.ndarray, height: int, width: int) -> np.ndarray:
    """(M, 5) -> (M', 5) without boxes below one network pixel or with a centre outside (0, 1].

    fill_truth_detection(), Darknet's src/data.c.
    """
    smallest = np.float32((1 / width, 1 / height))
    centre, size = truths[:, :2], truths[:, 2:4]
    inside = (centre > 0) & (centre <= 1)
    return truths[(inside & (size >= smallest)).all(axis=1)]


def shortest_side_px(truths: np.ndarray, height: int, width: int) -> int:
    """The shortest side of all boxes in whole network pixels, 0 without boxes."""
    if not len(truths):
        return 0
    return int((truths[:, 2:4] * (width, height)).min())
