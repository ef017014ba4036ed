"""Boxes in px -> shares of the picture, and remarks about odd ones."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from darkpy.importers.annotated import TRAIN, VALID, Collected, unit_box

SIZE = (200, 100)  # width, height


def test_a_box_inside_becomes_shares_without_a_remark():
    assert unit_box(20, 10, 60, 40, SIZE) == ((0.2, 0.25, 0.2, 0.3), "")


def test_a_box_that_reaches_out_is_cut_and_told():
    box, remark = unit_box(-20, 10, 60, 120, SIZE)

    # 0..60 of 200 px and 10..100 of 100
    assert box == pytest.approx((0.15, 0.55, 0.3, 0.9))
    assert "20 px outside the picture of 200 x 100, cut off" in remark


def test_rounding_beyond_the_border_is_not_worth_a_remark():
    box, remark = unit_box(20, 10, 200.0003, 100, SIZE)

    assert box == pytest.approx((0.55, 0.55, 0.9, 0.9), abs=1e-5)
    assert box[0] + box[2] / 2 == 1
    assert not remark


def test_swapped_corners_are_put_in_order():
    box, remark = unit_box(60, 40, 20, 10, SIZE)

    assert box == (0.2, 0.25, 0.2, 0.3)
    assert "corners in the wrong order" in remark


@pytest.mark.parametrize(
    ("edges", "words"),
    [
        ((20, 10, 20, 40), "is empty"),
        ((20, 10, 60, 10), "is empty"),
        ((200, 10, 220, 40), "outside the picture"),
        ((-30, 10, 0, 40), "outside the picture"),
        ((math.nan, 10, 60, 40), "not finite"),
        ((20, 10, math.inf, 40), "not finite"),
        ((20, 10, 20 + 1e-6, 40), "outside the picture"),
    ],
)
def test_nothing_is_left_of_such_boxes(edges, words):
    box, remark = unit_box(*edges, SIZE)

    assert box is None
    assert words in remark


edge = st.floats(-300, 500)


@given(edge, edge, edge, edge)
def test_what_is_left_is_a_proper_label(left, top, right, bottom):
    box, remark = unit_box(left, top, right, bottom, SIZE)
    if box is None:
        assert remark
        return
    cx, cy, w, h = box
    assert 0 < cx < 1
    assert 0 < cy < 1
    assert 0 < w <= 1
    assert 0 < h <= 1
    assert cx - w / 2 >= -1e-9
    assert cy + h / 2 <= 1 + 1e-9


@pytest.mark.parametrize(
    ("lists", "train", "valid"),
    [
        (["test", "train", "val"], "train", "val"),
        (["test", "trainval"], "trainval", "test"),
        (["train2017", "val2017"], "train2017", "val2017"),
        (["testing", "training"], "training", "testing"),
        (["all"], "", ""),
    ],
)
def test_the_lists_to_train_and_measure_on_are_told_by_their_names(lists, train, valid):
    collected = Collected(lists={name: [] for name in lists})

    assert collected.first_list(TRAIN) == train
    assert collected.first_list(VALID) == valid
