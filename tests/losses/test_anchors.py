"""Anchors on a map and boxes as offsets from them, in worked numbers."""

from __future__ import annotations

import pytest
import torch

from darkpy.losses.anchors import grid_anchors, within
from darkpy.losses.offsets import boxes_at, offsets_from

WEIGHTED = torch.tensor([0.1, 0.1, 0.2, 0.2])  # weights 10, 10, 5, 5


def test_anchors_go_cell_by_cell_row_by_row():
    shapes = torch.tensor([[10.0, 20.0], [30.0, 40.0]])

    anchors = grid_anchors(shapes, (2, 3), (8, 16))

    assert anchors.shape == (12, 4)
    # Cell (0, 0) is around (8, 4); cell (1, 2) around (2.5 * 16, 1.5 * 8).
    assert anchors[:2].tolist() == [[8, 4, 10, 20], [8, 4, 30, 40]]
    assert anchors[-1].tolist() == [40, 12, 30, 40]


def test_offset_says_where_in_the_cell_the_centre_is():
    anchors = grid_anchors(torch.ones(1, 2), (1, 2), (8, 8), offset=0)

    assert anchors[:, 0].tolist() == [0, 8]


def test_what_lies_outside_is_cut_off():
    boxes = torch.tensor([[0.1, 0.5, 0.4, 0.2], [1.2, 0.5, 0.2, 0.2]])

    # -.1 to .3 becomes 0 to .3; what lies wholly outside has no width.
    assert within(boxes, 0, 1).tolist() == [
        pytest.approx([0.15, 0.5, 0.3, 0.2]),
        pytest.approx([1, 0.5, 0, 0.2]),
    ]


@pytest.mark.parametrize(
    ("variance", "wanted"),
    [
        (WEIGHTED, [2, 3, 0.911608, 0.911608]),
        (torch.ones(4), [0.2, 0.3, 0.182322, 0.182322]),
    ],
)
def test_offsets_are_torchvisions(variance, wanted):
    # (20, 30) to (140, 90) from the anchor (10, 20) to (110, 70): 20 px are .2 of its width 100.
    box, anchor = torch.tensor([80.0, 60, 120, 60]), torch.tensor([60.0, 45, 100, 50])

    offsets = offsets_from(box, anchor, variance)

    assert offsets.tolist() == pytest.approx(wanted, rel=1e-5)
    assert boxes_at(offsets, anchor, variance).tolist() == pytest.approx(box.tolist(), rel=1e-5)


def test_a_side_grows_to_62_times_its_anchors_at_the_most():
    box = boxes_at(torch.tensor([0.0, 0, 1e9, 0]), torch.ones(4), torch.ones(4))

    assert box.tolist() == pytest.approx([1, 1, 62.5, 1])


def test_a_truth_without_extent_has_finite_offsets():
    offsets = offsets_from(torch.tensor([0.5, 0.5, 0, 0]), torch.ones(4), WEIGHTED)

    assert offsets.isfinite().all()
