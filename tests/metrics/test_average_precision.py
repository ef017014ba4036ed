"""The curve and Darknet's three averages of it, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from darkpy.metrics.average_precision import average_precision, precision_recall


def curve(probs, truths, objects):
    return precision_recall(np.array(probs), np.array(truths, dtype=int), objects)


def test_curve_counts_from_the_likeliest_and_an_object_only_once():
    # sorted: .9 finds 7, .8 finds 7 again, .6 finds nothing, .5 finds 4; of 4 objects
    result = curve([0.5, 0.9, 0.6, 0.8], [4, 7, -1, 7], 4)

    assert result.probs.tolist() == [0.9, 0.8, 0.6, 0.5]
    assert result.precision == pytest.approx([1, 1 / 2, 1 / 3, 2 / 4])
    assert result.recall == pytest.approx([1 / 4, 1 / 4, 1 / 4, 2 / 4])


def test_f1_is_the_harmonic_mean_at_each_detection_and_0_of_nothing():
    # wrong, right of 4: precision 0 and 1/2, recall 0 and 1/4: 2 * 1/8 / (3/4) = 1/3
    assert curve([0.9, 0.8], [-1, 0], 4).f1 == pytest.approx([0, 1 / 3])


def test_area_weighs_a_step_with_the_best_precision_there_or_later():
    # right, wrong, right of 2: precision 1, 1/2, 2/3 at recall 1/2, 1/2, 1
    assert average_precision(curve([3, 2, 1], [0, -1, 1], 2), 0) == pytest.approx(
        1 / 2 * 1 + 1 / 2 * 2 / 3
    )
    # wrong, right, right of 2: precision 0, 1/2, 2/3 at recall 0, 1/2, 1: 2/3 all along
    assert average_precision(curve([3, 2, 1], [-1, 0, 1], 2), 0) == pytest.approx(2 / 3)


def test_eleven_points_read_the_best_precision_at_or_beyond_each_tenth():
    # recall .5 at precision 1, then 1 at 2/3: tenths 0 to 5 read 1, the other five read 2/3
    result = curve([0.9, 0.8, 0.7], [0, -1, 1], 2)

    assert average_precision(result, 11) == pytest.approx((6 + 5 * 2 / 3) / 11)


def test_recalls_that_are_never_reached_read_nothing():
    # recall 1/2 at precision 1: hundredths 0 to 50
    assert average_precision(curve([0.9], [0], 2), 101) == pytest.approx(51 / 101)


@pytest.mark.parametrize("points", [0, 11, 101])
def test_nothing_found_or_nothing_there_is_worth_nothing(points):
    assert average_precision(curve([], [], 3), points) == 0
    assert average_precision(curve([], [], 0), points) == 0
    assert average_precision(curve([0.5], [-1], 0), points) == 0
    assert average_precision(curve([0.5, 0.4], [-1, -1], 3), points) == 0


@pytest.mark.parametrize("points", [0, 11, 101])
def test_finding_everything_first_is_worth_one(points):
    assert average_precision(curve([4, 3, 2, 1], [2, 0, 1, -1], 3), points) == pytest.approx(1)


@given(st.lists(st.integers(-1, 5), max_size=20), st.sampled_from([0, 11, 101]))
def test_average_is_a_share_and_a_late_mistake_never_changes_it(truths, points):
    probs = np.arange(len(truths), 0, -1)
    plain = average_precision(curve(probs, truths, 6), points)

    assert 0 <= plain <= 1
    assert average_precision(curve([*probs, 0.1], [*truths, -1], 6), points) == pytest.approx(plain)
