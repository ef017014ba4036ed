"""Which detections are shown."""

from __future__ import annotations

import numpy as np
import torch

from darkpy.inference.detector import Detections
from darkpy.inference.shown import Shown, class_name, shown


def detections(boxes, probs):
    probs = torch.tensor(probs, dtype=torch.float32)
    return Detections(torch.tensor(boxes, dtype=torch.float32), probs.amax(1), probs)


def test_the_most_probable_class_comes_first_and_the_others_by_number():
    found = detections([[0.5, 0.5, 0.25, 0.25]], [[0.25, 0.0, 0.75, 0.5]])

    assert shown(found, ["a", "b", "c", "d"], 0.2) == [
        Shown((0.5, 0.5, 0.25, 0.25), (2, 0, 3), (0.75, 0.25, 0.5))
    ]


def test_a_class_at_the_threshold_is_not_shown():
    found = detections([[0.5, 0.5, 0.25, 0.25]], [[0.5, 0.25]])

    assert shown(found, ["a", "b"], 0.5) == []


def test_classes_called_dont_show_are_hidden():
    found = detections(
        [[0.5, 0.5, 0.25, 0.25], [0.25, 0.5, 0.25, 0.25]], [[0.75, 0.0], [0.75, 0.5]]
    )

    assert [one.classes for one in shown(found, ["dont_show_me", "b"], 0.2)] == [(1,)]
    assert found.probs[0, 0] == 0.75  # the detections themselves stay as they are


def test_a_box_that_is_not_finite_is_left_out():
    found = detections([[0.5, 0.5, np.inf, 0.25], [np.nan, 0.5, 1, 1]], [[0.9], [0.9]])

    assert shown(found, ["a"], 0.2) == []


def test_nothing_found_shows_nothing():
    empty = Detections(torch.zeros(0, 4), torch.zeros(0), torch.zeros(0, 3))

    assert shown(empty, ["a", "b", "c"], 0.2) == []


def test_a_class_beyond_the_names_is_called_by_its_number():
    assert (class_name(["a"], 0), class_name(["a"], 7)) == ("a", "7")
