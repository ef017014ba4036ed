"""Truths worth training on."""

from __future__ import annotations

import numpy as np

from darkpy.augment.truths import EMPTY, shortest_side_px, trainable


def test_boxes_below_one_pixel_and_centres_outside_are_dropped():
    truths = np.float32(
        [
            [0.5, 0.5, 0.125, 0.25, 0],  # one pixel of 8, one of 4
            [0.5, 0.5, 0.124, 0.5, 1],
            [0.5, 0.5, 0.5, 0.249, 2],
            [0.0, 0.5, 0.5, 0.5, 3],
            [1.0, 1.0, 0.5, 0.5, 4],
            [0.5, 1.01, 0.5, 0.5, 5],
        ]
    )

    assert list(trainable(truths, height=4, width=8)[:, 4]) == [0, 4]
    assert trainable(EMPTY, 4, 8).shape == (0, 5)


def test_the_shortest_side_is_counted_in_whole_pixels():
    truths = np.float32([[0.5, 0.5, 0.5, 0.9, 0], [0.5, 0.5, 0.9, 0.19, 0]])

    # .5 * 10 = 5, .19 * 20 = 3.8.
    assert shortest_side_px(truths, height=20, width=10) == 3
    assert shortest_side_px(EMPTY, 20, 10) == 0
