"""Orders, pairs and firsts of flat arrays, against what is plainly written."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from darkpy.metrics.collected import FlatDetections
from darkpy.metrics.orders import best_of_each, first_of_each, join


def made_up(probs, classes, pictures) -> FlatDetections:
    return replace(
        FlatDetections.nothing(),
        probs=np.array(probs),
        classes=np.array(classes),
        pictures=np.array(pictures),
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("least", [0, -1])
@pytest.mark.parametrize("more", [0, 2**16])
def test_the_likeliest_of_a_class_come_first_and_of_equal_ones_the_first(dtype, least, more):
    """more: so many pictures and classes that they do not fit into 16 bits."""
    rng = np.random.default_rng(1)
    probs = (rng.integers(least * 5, 9, 500) / 8).astype(dtype)  # many are equal
    classes = rng.integers(0, 4, 500) + more
    pictures = np.sort(rng.integers(0, 6, 500)) + more
    all_ = made_up(probs, classes, pictures)
    numbers = range(500)
    assert all_.by_class.tolist() == sorted(numbers, key=lambda n: (classes[n], -probs[n], n))
    order, ranks = all_.ranked
    assert order.tolist() == sorted(numbers, key=lambda n: (pictures[n], classes[n], -probs[n], n))
    group = [(pictures[n], classes[n]) for n in order]
    assert ranks.tolist() == [group[:place].count(own) for place, own in enumerate(group)]


def test_no_detection_has_no_order():
    nothing = FlatDetections.nothing()
    assert nothing.by_class.tolist() == []
    assert [part.tolist() for part in nothing.ranked] == [[], []]


@pytest.mark.parametrize("spread", [1, 10**6])  # keys from a table, and looked for
def test_pairs_of_equal_keys_rise_on_the_left_then_on_the_right(spread):
    left, right = np.array([3, 0, 3, 1]) * spread, np.array([3, 1, 3, 2]) * spread
    assert [part.tolist() for part in join(left, right)] == [[0, 0, 2, 2, 3], [0, 2, 0, 2, 1]]
    assert [part.tolist() for part in join(left[:0], right)] == [[], []]
    assert [part.tolist() for part in join(left, right[:0])] == [[], []]


def test_a_number_is_there_for_the_first_time_once_and_minus_one_too():
    numbers = np.array([-1, 4, 0, 4, -1, 0, 2])
    assert first_of_each(numbers).tolist() == [True, True, True, False, False, False, True]
    assert first_of_each(numbers[:0]).tolist() == []


def test_the_best_of_each_number_is_the_first_of_equal_ones():
    numbers = np.array([0, 0, 0, 3, 5, 5])
    values = np.array([0.2, 0.7, 0.7, 0.0, 0.9, 0.1])
    assert best_of_each(numbers, values).tolist() == [1, 3, 4]
    assert best_of_each(numbers[:0], values[:0]).tolist() == []
