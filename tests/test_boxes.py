"""Formats and overlaps: worked numbers, properties, and the C program's values."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from darkpy import boxes

ORACLE = np.load(Path(__file__).parent / "oracle" / "boxes" / "boxes.npz")
OVERLAPS = {"iou": boxes.iou, "giou": boxes.giou, "diou": boxes.diou, "ciou": boxes.ciou}

side = st.floats(1 / 64, 1, width=32)
box = st.tuples(side, side, side, side).map(list)


def one(overlap, a, b):
    return overlap(torch.tensor([a]), torch.tensor([b])).item()


def test_corners_of_a_box_are_half_its_size_from_the_centre():
    corners = boxes.xyxy_from_cxcywh(torch.tensor([[3.0, 5, 2, 4]]))

    assert corners.tolist() == [[2, 3, 4, 7]]


@pytest.mark.oracle
@pytest.mark.parametrize("name", OVERLAPS)
def test_overlaps_of_400_pairs_are_the_c_programs(name):
    pred, truth = torch.tensor(ORACLE["pred"]), torch.tensor(ORACLE["truth"])

    np.testing.assert_allclose(OVERLAPS[name](pred, truth), ORACLE[name], rtol=1e-5, atol=2e-7)


def test_iou_of_squares_shifted_by_half_is_a_third():
    # intersection 1 * 2, union 4 + 4 - 2
    assert one(boxes.iou, [1.0, 1, 2, 2], [2.0, 1, 2, 2]) == pytest.approx(2 / 6)


def test_giou_of_squares_touching_at_a_corner_is_minus_a_half():
    # intersection 0, union 1 + 1, enclosure 2 * 2:  0 - (4 - 2) / 4
    assert one(boxes.giou, [0.5, 0.5, 1, 1], [1.5, 1.5, 1, 1]) == -0.5


def test_diou_takes_the_root_that_is_asked_for_of_the_distance():
    # IoU 0, d² = 1 + 1, c² = 4 + 4:  -(1/4)^exponent
    touching = ([0.5, 0.5, 1, 1], [1.5, 1.5, 1, 1])

    assert one(boxes.diou, *touching) == pytest.approx(-(0.25**0.6))
    halved = boxes.diou(*(torch.tensor([it]) for it in touching), exponent=0.5)
    assert halved.item() == pytest.approx(-0.5)


def test_ciou_of_boxes_of_one_shape_is_the_textbook_diou():
    # IoU 1/3 (see above), d² = 1, c² = 9 + 4
    assert one(boxes.ciou, [1.0, 1, 2, 2], [2.0, 1, 2, 2]) == pytest.approx(1 / 3 - 1 / 13)


@pytest.mark.parametrize("name", OVERLAPS)
def test_equal_boxes_overlap_by_one_even_where_they_fill_the_unit_square(name):
    full = [0.5, 0.5, 1.0, 1.0]

    assert one(OVERLAPS[name], full, full) == pytest.approx(1)


@pytest.mark.parametrize("name", OVERLAPS)
def test_two_points_in_one_place_overlap_by_nothing(name):
    point = [0.5, 0.5, 0.0, 0.0]

    assert one(OVERLAPS[name], point, point) == 0


@pytest.mark.parametrize("name", OVERLAPS)
def test_table_of_all_pairs_comes_from_broadcasting(name):
    a, b = torch.rand(5, 4) + 0.1, torch.rand(3, 4) + 0.1

    table = OVERLAPS[name](a[:, None], b)

    assert table.shape == (5, 3)
    assert table[4, 2].item() == pytest.approx(one(OVERLAPS[name], a[4].tolist(), b[2].tolist()))
    assert OVERLAPS[name](a[:0, None], b).shape == (0, 3)


@given(box, box)
def test_overlaps_ignore_the_order_and_are_largest_without_a_penalty(a, b):
    plain = one(boxes.iou, a, b)

    assert 0 <= plain <= 1 + 1e-5
    for overlap in OVERLAPS.values():
        assert one(overlap, a, b) == pytest.approx(one(overlap, b, a), abs=1e-5)
        assert one(overlap, a, b) <= plain + 1e-5


def test_coverage_is_the_share_of_the_first_box():
    # 1 of its 4 squares lies in the other box, which is 9 large
    assert one(boxes.coverage, [1, 1, 2, 2], [2.5, 2.5, 3, 3]) == 0.25
    assert one(boxes.coverage, [2.5, 2.5, 3, 3], [1, 1, 2, 2]) == pytest.approx(1 / 9)


@given(box, box)
def test_coverage_is_1_inside_and_no_less_than_iou(a, b):
    # Ends near 1 are rounded by 2**-24, of the shortest side, 1/64, that is 4e-6; four of them.
    rounding = 4 * 2**-18
    assert one(boxes.coverage, a, [0.5, 0.5, 4, 4]) == pytest.approx(1, abs=rounding)
    assert one(boxes.coverage, a, b) >= one(boxes.iou, a, b) - rounding


def test_coverage_of_an_empty_box_is_0():
    assert one(boxes.coverage, [0.5, 0.5, 0, 0.5], [0.5, 0.5, 1, 1]) == 0
