"""Sums of probabilities over the boxes."""

from __future__ import annotations

import numpy as np
import torch

from darkpy.inference.detector import Detections
from darkpy.inference.heat import heat_of, heat_picture


def test_a_pixel_has_the_probabilities_of_all_boxes_that_cover_it():
    # 8 x 4 px: the first box covers columns 0 to 3 of all rows, the second columns 2 to 5 of the
    # upper two and hangs over the upper edge; .5 and .25 + .125 of its two classes.
    boxes = torch.tensor([[0.25, 0.5, 0.5, 1.0], [0.5, 0.0, 0.5, 1.0]])
    probs = torch.tensor([[0.5, 0.0], [0.25, 0.125]])
    heat = heat_of(Detections(boxes, torch.ones(2), probs), (4, 8))

    upper = [0.5, 0.5, 0.875, 0.875, 0.375, 0.375, 0, 0]
    lower = [0.5, 0.5, 0.5, 0.5, 0, 0, 0, 0]
    assert np.allclose(heat, [upper, upper, lower, lower])


def test_the_hottest_is_red_and_nothing_is_blue():
    heat = np.zeros((2, 2), np.float32)
    heat[0, 0] = 0.3
    picture = heat_picture(np.zeros((2, 2, 1), np.uint8), heat)

    assert picture[0, 0].argmax() == 0
    assert picture[1, 1].argmax() == 2


def test_a_picture_without_heat_is_blue_all_over():
    picture = heat_picture(np.zeros((1, 1, 3), np.uint8), np.zeros((1, 1), np.float32))
    assert picture[0, 0].argmax() == 2
