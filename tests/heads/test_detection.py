"""[detection] with 2 x 2 cells: 8 class values, 8 objectness values, 32 box values."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from darkpy.heads.base import Moment, Wanted
from tests.heads.single import DETECTION, head_of, truths_of

NET_HW = (2, 2)


def run(head, raw, truths, seen=0):
    loss = head.delta(head(raw), truths, NET_HW, Moment(seen=seen))
    flat = loss.delta.flatten(1)
    return (
        flat[:, :8].view(-1, 4, 2),
        flat[:, 8:16].view(-1, 4, 2),
        flat[:, 16:].view(-1, 4, 2, 4),
        loss,
    )


def raw_of(boxes):
    """Raw values whose cells all predict the two boxes given."""
    values = torch.zeros(1, 48)
    values[0, 16:] = torch.tensor(boxes).repeat(4, 1).flatten()
    return values.view(1, 12, 2, 2)


def test_the_box_of_best_overlap_answers(tmp_path):
    head = head_of(tmp_path, DETECTION, "coord_scale=5\nobject_scale=2\nnoobject_scale=.5\n")
    # column 1, row 0; within the cell (.5, .5)
    truths = truths_of([(0.75, 0.25, 0.4, 0.2, 1)])
    raw = raw_of([[0.5, 0.5, 0.1, 0.1], [0.5, 0.5, 0.4, 0.3]])

    classes, objectness, boxes, loss = run(head, raw, truths)

    assert classes[0, 1].tolist() == [0, 1]
    assert objectness[0, 1].tolist() == [0, 2]
    assert boxes[0, 1, 1].tolist() == pytest.approx([0, 0, 0, 5 * -0.1])
    assert boxes[0].abs().sum().item() == pytest.approx(0.5)
    assert loss.watched["iou"].item() == pytest.approx(2 / 3)
    assert sum(loss.parts.values()).item() == pytest.approx(1 + 4 + 0.25)


def test_what_is_watched_tells_the_chosen_from_all(tmp_path):
    head = head_of(tmp_path, DETECTION)
    raw = raw_of([[0.5, 0.5, 0.4, 0.2], [0.5, 0.5, 0.1, 0.1]])
    flat = raw.view(-1)
    # cell 1 (column 1, row 0) says .25 and .75 of its classes, .5 and .125 of its boxes
    flat[2:4] = torch.tensor([0.25, 0.75])
    flat[10:12] = torch.tensor([0.5, 0.125])
    flat[8] = 1.0  # another cell's

    watched = run(head, raw, truths_of([(0.75, 0.25, 0.4, 0.2, 1)]))[3].watched

    assert float(watched["own_classes"]) == 0.75
    assert float(watched["all_classes"]) == 1.0
    assert float(watched["own_objectness"]) == 0.5
    assert float(watched["all_objectness"]) == 1.625


def test_without_any_overlap_the_nearest_box_answers(tmp_path):
    head = head_of(tmp_path, DETECTION)
    truths = truths_of([(0.2, 0.2, 0.02, 0.02, 0)])
    raw = raw_of([[0.9, 0.9, 0.1, 0.1], [0.6, 0.6, 0.1, 0.1]])

    _, objectness, _, _ = run(head, raw, truths)

    assert objectness[0, 0].tolist() == [0, 1]


def test_forced_gives_small_objects_to_the_second_box(tmp_path):
    head = head_of(tmp_path, DETECTION, "forced=1\n")
    # .3 * .3 = .09 is small, .4 * .3 = .12 is not
    truths = truths_of([(0.25, 0.25, 0.3, 0.3, 0), (0.75, 0.25, 0.4, 0.3, 0)])

    _, objectness, _, _ = run(head, raw_of([[0.5, 0.5, 0.3, 0.3]] * 2), truths)

    assert objectness[0, :2].tolist() == [[0, 1], [1, 0]]


def test_the_first_object_of_a_cell_has_it(tmp_path):
    head = head_of(tmp_path, DETECTION)
    first, second = (0.25, 0.25, 0.2, 0.2, 0), (0.3, 0.3, 0.4, 0.4, 1)
    raw = raw_of([[0.5, 0.5, 0.3, 0.3]] * 2)

    both = run(head, raw, truths_of([first, second]))
    alone = run(head, raw, truths_of([first]))

    assert torch.equal(both[3].delta, alone[3].delta)
    assert int(both[3].watched["rewritten"]) == 1


def test_boxes_and_darknets_grid_form_are_the_same_truth(tmp_path):
    head = head_of(tmp_path, DETECTION, "sqrt=1\nrescore=1\n")
    raw = torch.randn(1, 12, 2, 2, generator=torch.Generator().manual_seed(2))
    # cell 2: asked, classes, x y within the cell, w h
    grid = torch.zeros(1, 4, 7)
    grid[0, 2] = torch.tensor([1, 0, 1, 0.2, 0.6, 0.5, 0.25])

    from_grid = run(head, raw, Wanted(grid.flatten(1)))[3]
    from_boxes = run(head, raw, truths_of([(0.1, 0.8, 0.5, 0.25, 1)]))[3]

    torch.testing.assert_close(from_grid.delta, from_boxes.delta, rtol=1e-5, atol=1e-6)


def test_random_takes_any_box_for_the_first_64000_pictures(tmp_path):
    head = head_of(tmp_path, DETECTION, "random=1\n")
    truths = truths_of([(0.25, 0.25, 0.3, 0.3, 0)])
    raw = raw_of([[0.5, 0.5, 0.3, 0.3], [0.5, 0.5, 0.1, 0.1]])

    chosen = [int(run(head, raw, truths, seen)[1][0, 0].argmax()) for seen in range(0, 64000, 640)]
    later = {int(run(head, raw, truths, 64000 + seen)[1][0, 0].argmax()) for seen in range(10)}

    assert 30 < sum(chosen) < 70
    assert later == {0}


def test_prediction_in_an_ignored_box_is_not_punished(tmp_path):
    head = head_of(tmp_path, DETECTION)
    raw = raw_of([[0.5, 0.5, 0.2, 0.2]] * 2)
    raw.view(-1)[8:16] = 1.0
    truths = replace(truths_of([]), ignored=torch.tensor([[[0.25, 0.25, 0.5, 0.5]]]))

    _, objectness, _, _ = run(head, raw, truths)

    assert objectness[0].tolist() == [[0, 0], [-1, -1], [-1, -1], [-1, -1]]


def test_boxes_decode_to_the_place_of_their_cell(tmp_path):
    head = head_of(tmp_path, DETECTION, "sqrt=1\n")
    raw = raw_of([[0.5, 0.2, 0.5, 0.6], [0, 0, 0.1, 0.1]])
    raw.view(-1)[8:16], raw.view(-1)[:8] = 0.5, 0.6

    found = head.decode(head(raw), NET_HW)

    # cell 3 is column 1, row 1; sizes are squares of .5 and .6
    assert found.boxes[0, 6].tolist() == pytest.approx([0.75, 0.6, 0.25, 0.36])
    assert (found.objectness[..., None] * found.probs)[0, 6].tolist() == pytest.approx([0.3, 0.3])
