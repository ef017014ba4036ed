"""Classes that are left out."""

from __future__ import annotations

import pytest
import torch

from darkpy.errors import UsageError
from darkpy.inference.detector import Detections
from darkpy.inference.skipping import class_numbers, without_classes

NAMES = ("cat", "cow", "dog", "owl", "emu")


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("", ()), ("2", (2,)), ("1-3", (1, 2, 3)), ("4, dog,0-1", (0, 1, 2, 4))],
)
def test_classes_are_numbers_ranges_and_names(text, numbers):
    assert class_numbers(text, NAMES) == numbers


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("5", "5 is no class; they go from 0 to 4"),
        ("3-1", "3-1 is no class"),
        ("cta", "there is no class 'cta'; did you mean 'cat'"),
    ],
)
def test_what_is_no_class_is_refused(text, message):
    with pytest.raises(UsageError, match=message):
        class_numbers(text, NAMES)


def test_boxes_stay_and_lose_the_classes():
    probs = torch.tensor([[0.5, 0.75], [0.25, 0.0]])
    found = Detections(torch.zeros(2, 4), torch.ones(2), probs)

    assert without_classes(found, (0,)).probs.tolist() == [[0, 0.75], [0, 0]]
    assert probs[0, 0] == 0.5
    assert without_classes(found, ()) is found
