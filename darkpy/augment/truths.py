"""Which truths are worth training on."""

from __future__ import annotations

import numpy as np

EMPTY = np.zeros((0, 5), dtype=np.float32)


def trainable(truths: np.ndarray, height: int, width: int) -> np.ndarray:
    """(M, 5) -> (M', 5) without boxes below one network pixel or with a centre outside (0, 1].

    fill_truth_detection(), Darknet's src/data.c.
    """
    centre, size = truths[:, :2], truths[:, 2:4]
    good = np.empty((3, len(truths), 2), bool)
    np.greater(centre, 0, out=good[0])
    np.less_equal(centre, 1, out=good[1])
    np.greater_equal(size, np.float32((1 / width, 1 / height)), out=good[2])
    return truths[good.all(axis=(0, 2))]


def shortest_side_px(truths: np.ndarray, height: int, width: int) -> int:
    """The shortest side of all boxes in whole network pixels, 0 without boxes."""
    if not len(truths):
        return 0
    return int((truths[:, 2:4] * (width, height)).min())
