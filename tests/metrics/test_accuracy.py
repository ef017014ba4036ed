"""Top-k accuracy, counted picture by picture."""

from __future__ import annotations

import math

import numpy as np
import pytest

from darkpy.metrics.accuracy import Accuracy


def counted() -> Accuracy:
    """Four pictures of three classes; the second class is in the first two each time it is."""
    accuracy = Accuracy(3, 2)
    accuracy.add(0, [0.7, 0.2, 0.1])  # right
    accuracy.add(1, [0.5, 0.4, 0.1])  # second
    accuracy.add(1, [0.6, 0.3, 0.1])  # second
    accuracy.add(-1, [0.1, 0.1, 0.8])  # of no known class: never right
    return accuracy


def test_shares_are_of_all_pictures():
    accuracy = counted()

    assert (accuracy.pictures, accuracy.top_1, accuracy.top_k) == (4, 0.25, 0.75)
    assert accuracy.line() == "3: top 1: 0.250000, top 2: 0.750000"


def test_a_class_without_pictures_has_no_share():
    shares = counted().by_class()

    assert shares[:2].tolist() == [1, 0]
    assert math.isnan(shares[2])
    assert counted().facts("abc")["classes"][2] == {"name": "c", "pictures": 0, "top1": None}


def test_mistakes_are_listed_the_most_frequent_first():
    assert counted().mistakes() == [(1, 0, 2)]
    # (1 + 0) / 2 of the classes that have pictures.
    assert list(counted().lines("abc", 5)) == [
        "",
        "4 pictures: top 1 25.00%, top 2 75.00%, mean of the classes 50.00%",
        "worst: b 0.0%",
        "taken: b for a 2",
    ]


@pytest.mark.parametrize("truth", [0, 1])
def test_of_equal_probabilities_the_first_class_is_the_largest(truth):
    accuracy = Accuracy(2, 1)
    accuracy.add(truth, np.array([0.5, 0.5]))

    assert accuracy.top_1 == (truth == 0)


def test_without_pictures_all_is_zero():
    assert (Accuracy(2, 1).top_1, Accuracy(2, 1).top_k) == (0, 0)
