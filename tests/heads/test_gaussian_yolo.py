"""[Gaussian_yolo] on a 2 x 2 grid of a 64 x 64 px input."""

from __future__ import annotations

import math

import pytest
import torch

from darkpy.heads.base import Moment
from tests.heads.single import GAUSSIAN, head_of, truths_of

NET_HW = (64, 64)
# entries of an anchor: x dx y dy w dw h dh objectness class0 class1
SIZE = 16 / 64


def run(head, raw, truths):
    loss = head.delta(head(raw), truths, NET_HW, Moment())
    return loss.delta.unflatten(1, (2, 11)), loss


def test_output_has_logistic_deviations_between_its_coordinates(tmp_path):
    head = head_of(tmp_path, GAUSSIAN)

    output = head(torch.ones(1, 22, 2, 2)).unflatten(1, (2, 11))[0, 0, :, 0, 0]

    logistic = 1 / (1 + math.exp(-1))
    wanted = [logistic] * 4 + [1, logistic, 1, logistic] + [logistic] * 3
    assert output.tolist() == pytest.approx(wanted)


def test_square_error_is_weighed_by_the_deviation(tmp_path):
    head = head_of(tmp_path, GAUSSIAN, "iou_normalizer=1\nuc_normalizer=1\n")
    # column 0, row 0: x and y should be .25, deviations are .5
    truths = truths_of([(0.125, 0.125, SIZE, SIZE, 0)])

    delta, _ = run(head, torch.zeros(1, 22, 2, 2), truths)

    scale = 0.5 * (2 - SIZE**2)
    distance = (0.25 - 0.5) / 0.5
    assert delta[0, 0, 0, 0, 0].item() == pytest.approx(scale * distance / 0.5)
    assert delta[0, 0, 1, 0, 0].item() == pytest.approx(scale * (distance**2 / 0.5 - 1 / 0.8))
    assert delta[0, 0, 4, 0, 0].item() == pytest.approx(0, abs=1e-6)
    # no distance: the deviation is drawn to 0
    assert delta[0, 0, 5, 0, 0].item() == pytest.approx(-scale / 0.8)


@pytest.mark.parametrize(
    ("point", "cell"), [("center", (0, 0)), ("left_top", (0, 0)), ("right_bottom", (1, 1))]
)
def test_a_cell_answers_for_the_point_that_the_cfg_names(tmp_path, point, cell):
    head = head_of(tmp_path, GAUSSIAN, f"yolo_point={point}\n")
    # centre (.45, .45), 16 px: corners at .325 and .575, right of the middle
    truths = truths_of([(0.45, 0.45, SIZE, SIZE, 0)])

    delta, _ = run(head, torch.zeros(1, 22, 2, 2), truths)

    assert (delta[0, 0, 8] > 0).nonzero().tolist() == [list(cell)]


@pytest.mark.parametrize(("point", "sign"), [("center", 0), ("left_top", 1), ("right_bottom", -1)])
def test_boxes_hang_on_that_point(tmp_path, point, sign):
    head = head_of(tmp_path, GAUSSIAN, f"yolo_point={point}\n")

    found = head.decode(head(torch.zeros(1, 22, 2, 2)), NET_HW)

    # cell (0, 0): the point is at (.25, .25); anchor 0 is a quarter of the picture
    assert found.boxes[0, 0].tolist() == pytest.approx([0.25 + sign * SIZE / 2] * 2 + [SIZE] * 2)


def test_a_box_that_is_unsure_of_its_place_is_less_likely(tmp_path):
    head = head_of(tmp_path, GAUSSIAN)
    raw = torch.zeros(1, 22, 2, 2)
    raw[0, 1:8:2] = math.log(0.25 / 0.75)  # logistic: .25

    found = head.decode(head(raw), NET_HW)

    # anchor 0: .5 * (1 - .25), anchor 1: .5 * (1 - .5)
    assert found.probs[0, 0, 0].item() == pytest.approx(0.375)
    assert found.probs[0, 4, 0].item() == pytest.approx(0.25)


def test_what_is_told_of_sureness_and_of_sizes(tmp_path):
    head = head_of(tmp_path, GAUSSIAN, "iou_normalizer=1\nuc_normalizer=1\n")
    raw = torch.zeros(1, 22, 2, 2)
    raw[0, 8] = math.log(3)  # anchor 0's objectness is .75
    raw[0, 10] = math.log(4)  # and its class 1 .8
    _, loss = run(head, raw, truths_of([(0.125, 0.125, SIZE, SIZE, 1)]))

    names = ("own_objectness", "own_classes", "told_classes", "all_objectness")
    told = [float(loss.watched[name]) for name in names]
    assert told == pytest.approx([0.75, 0.8, 1, 4 * 0.75 + 4 * 0.5])
    delta = loss.delta.unflatten(1, (2, 11))[:, :, 4:8]
    assert float(loss.watched["sizes"]) == pytest.approx(float(delta.square().sum()))
    assert float(loss.watched["sizes"]) > 0.1
