"""Which cell answers for which truth, drawn on a 2 x 2 grid."""

from __future__ import annotations

import torch

from darkpy.losses.assign import assign, cell_numbers, ends

ANCHORS = torch.tensor([[0.2, 0.2], [0.4, 0.6], [0.9, 0.9]])


def give(points, sizes, *, mask=(0, 1), valid=None, iou_thresh=1.0, kind="iou"):
    points, sizes = torch.tensor([points]), torch.tensor([sizes])
    valid = torch.ones(1, points.shape[1], dtype=torch.bool) if valid is None else valid
    return assign(
        points,
        sizes,
        valid,
        ANCHORS,
        torch.tensor(mask),
        (2, 2),
        iou_thresh=iou_thresh,
        iou_thresh_kind=kind,
    )


def cells_of(given):
    """Numbers of the cells that answer: anchor * 4 + row * 2 + column."""
    return given.cell[given.taken].tolist()


def test_cell_is_the_one_around_the_centre():
    given = give([[0.6, 0.2], [0.2, 0.6]], [[0.2, 0.2], [0.4, 0.6]])

    # anchor 0, row 0, column 1; anchor 1, row 1, column 0
    assert cells_of(given) == [1, 4 + 2]


def test_a_centre_on_the_far_border_belongs_to_the_last_cell():
    assert cell_numbers(torch.tensor([[[1.0, 1.0]]]), 1, (2, 2)).tolist() == [[[3]]]


def test_of_equal_shapes_the_first_anchor_wins():
    twice = torch.tensor([[0.2, 0.2], [0.2, 0.2]])

    given = assign(
        torch.tensor([[[0.1, 0.1]]]),
        torch.tensor([[[0.3, 0.1]]]),
        torch.ones(1, 1, dtype=torch.bool),
        twice,
        torch.tensor([0, 1]),
        (2, 2),
        iou_thresh=1.0,
        iou_thresh_kind="iou",
    )

    assert cells_of(given) == [0]


def test_a_truth_of_another_heads_anchor_is_not_taken():
    assert cells_of(give([[0.5, 0.5]], [[0.9, 0.9]])) == []


def test_iou_thresh_adds_further_anchors_but_not_as_best():
    # .3 x .4 against .2 x .2: .04 / .12; against .4 x .6: .12 / .24
    given = give([[0.1, 0.1]], [[0.3, 0.4]], iou_thresh=0.3)

    assert cells_of(given) == [0, 4]
    assert given.best.tolist() == [False, True]


def test_padding_is_not_taken():
    given = give([[0.1, 0.1], [0.0, 0.0]], [[0.2, 0.2]] * 2, valid=torch.tensor([[True, False]]))

    assert cells_of(given) == [0]


def test_first_and_last_of_a_cell():
    taken = torch.tensor([True, True, False, True])
    cell = torch.tensor([5, 5, 5, 2])

    first, last = ends(taken, cell, torch.arange(4), 6)

    assert first.tolist() == [True, False, False, True]
    assert last.tolist() == [False, True, False, True]
