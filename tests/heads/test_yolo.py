"""[yolo] on a 2 x 2 grid of a 64 x 64 px input, with the arithmetic written out."""

from __future__ import annotations

import math

import pytest
import torch

from darkpy.heads.base import Moment
from tests.heads.single import YOLO, head_of, truths_of

NET_HW = (64, 64)
# entries of an anchor: x y w h objectness class0 class1
OBJECTNESS, FIRST_CLASS = 4, 5


def run(head, raw, truths):
    """The delta (B, A, F, H, W) and the loss for raw values (B, 14, 2, 2)."""
    loss = head.delta(head(raw), truths, NET_HW, Moment())
    return loss.delta.unflatten(1, (2, 7)), loss


def test_a_truth_pulls_the_anchor_of_its_shape_in_its_cell(tmp_path):
    head = head_of(tmp_path, YOLO, "iou_normalizer=.5\n")
    # 16 x 16 px at (40, 24) px: column 1, row 0, anchor 0
    truths = truths_of([(40 / 64, 24 / 64, 16 / 64, 16 / 64, 1)])

    delta, loss = run(head, torch.zeros(1, 14, 2, 2), truths)

    # mse: (2 - w*h) * iou_normalizer = (2 - 1/16) / 2; x: 40/32 - 1 = .25 against .5, y: .75
    scale = (2 - 1 / 16) / 2
    box = [scale * -0.25, scale * 0.25, 0, 0]
    assert delta[0, 0, :, 0, 1].tolist() == pytest.approx([*box, 0.5, -0.5, 0.5])
    # every other of the 2 * 4 cells is asked for no object: 0 - .5
    others = delta[0, :, OBJECTNESS].sum() - 0.5
    assert others.item() == pytest.approx(-0.5 * 7)
    assert delta[0, 1].abs().sum().item() == pytest.approx(0.5 * 4)
    # predicted: centre (48, 16), 16 x 16: the overlap is 8 x 8 of 2 * 256 - 64
    assert loss.watched["iou"].item() == pytest.approx(64 / 448)
    assert [int(loss.watched[name]) for name in ("count", "recall50", "rewritten")] == [1, 0, 0]
    assert loss.parts["objectness"].item() == pytest.approx(8 * 0.25)
    assert loss.parts["classes"].item() == pytest.approx(2 * 0.25)
    assert loss.parts["box"].item() == pytest.approx(2 * (scale / 4) ** 2)


def test_a_truth_of_another_heads_shape_is_left_to_that_head(tmp_path):
    head = head_of(tmp_path, YOLO)  # mask=0,1; anchor 2 is 60 x 60

    delta, loss = run(head, torch.zeros(1, 14, 2, 2), truths_of([(0.5, 0.5, 60 / 64, 60 / 64, 0)]))

    assert int(loss.watched["count"]) == 0
    assert delta[:, :, FIRST_CLASS:].abs().sum() == 0


def test_a_second_truth_of_a_cell_adds_to_the_box_and_touches_only_its_own_class(tmp_path):
    head = head_of(tmp_path, YOLO, "iou_normalizer=1\n")
    size = 16 / 64
    first, second = (0.25, 0.125, size, size, 0), (0.125, 0.25, size, size, 1)

    delta, loss = run(head, torch.zeros(1, 14, 2, 2), truths_of([first, second]))

    # x: (.5 - .5) + (.25 - .5), y: (.25 - .5) + (.5 - .5), times 2 - 1/16
    assert delta[0, 0, :2, 0, 0].tolist() == pytest.approx([-0.25 * (2 - 1 / 16)] * 2)
    # the first asks (1, 0) - .5; the second overwrites class 1: 1 - .5
    assert delta[0, 0, FIRST_CLASS:, 0, 0].tolist() == [0.5, 0.5]
    assert int(loss.watched["rewritten"]) == 1


def test_iou_thresh_gives_a_truth_to_every_anchor_like_it(tmp_path):
    # 24 x 32: IoU of shapes 256/768 with 16 x 16, 768/1536 with 32 x 48
    truths = truths_of([(0.25, 0.25, 24 / 64, 32 / 64, 0)])
    raw = torch.zeros(1, 14, 2, 2)

    counts = {
        threshold: int(
            run(head_of(tmp_path, YOLO, f"iou_thresh={threshold}\n"), raw, truths)[1].watched[
                "count"
            ]
        )
        for threshold in (1, 0.34, 0.33)
    }

    assert counts == {1: 1, 0.34: 1, 0.33: 2}


def test_a_box_on_its_truth_is_not_punished_once_it_recognises_something(tmp_path):
    head = head_of(tmp_path, YOLO, "ignore_thresh=.7\n")
    # the truth has the shape of anchor 2, so nobody here answers for it; anchor 1 at (1, 1) is
    # 32*e^w by 48*e^h: 60 x 60 at (48, 48) px covers it exactly
    truths = truths_of([(0.75, 0.75, 60 / 64, 60 / 64, 0)])
    raw = torch.zeros(1, 14, 2, 2)
    raw[0, 7 + 2, 1, 1], raw[0, 7 + 3, 1, 1] = math.log(60 / 32), math.log(60 / 48)

    sure, _ = run(head, raw, truths)
    raw[0, 7 + FIRST_CLASS :, 1, 1] = -math.log(3) - 0.01  # logistic just below .25
    unsure, _ = run(head, raw, truths)

    assert sure[0, 1, OBJECTNESS, 1, 1].item() == 0
    assert unsure[0, 1, OBJECTNESS, 1, 1].item() == -0.5


def test_truth_thresh_makes_such_a_box_a_hit(tmp_path):
    head = head_of(tmp_path, YOLO, "truth_thresh=.7\n")
    truths = truths_of([(0.75, 0.75, 60 / 64, 60 / 64, 1)])
    raw = torch.zeros(1, 14, 2, 2)
    raw[0, 7 + 2, 1, 1], raw[0, 7 + 3, 1, 1] = math.log(60 / 32), math.log(60 / 48)

    delta, _ = run(head, raw, truths)

    assert delta[0, 1, :, 1, 1].tolist() == pytest.approx([0, 0, 0, 0, 0.5, -0.5, 0.5], abs=1e-6)


def test_of_more_truths_than_max_the_first_count(tmp_path):
    head = head_of(tmp_path, YOLO, "max=2\n")
    size = 16 / 64
    rows = [(0.25, 0.25, size, size, 0), (0.75, 0.25, size, size, 1), (0.25, 0.75, size, size, 0)]
    raw = torch.randn(1, 14, 2, 2, generator=torch.Generator().manual_seed(1))

    all_three, _ = run(head, raw, truths_of(rows))
    two, _ = run(head, raw, truths_of(rows[:2]))

    assert torch.equal(all_three, two)


def test_delta_normalizer_scales_what_reaches_the_network_and_not_the_loss(tmp_path):
    truths = truths_of([(0.25, 0.25, 0.25, 0.25, 0)])
    gradients, losses = [], []
    for keys in ("", "delta_normalizer=.25\n"):
        head = head_of(tmp_path, YOLO, keys)
        raw = torch.zeros(1, 14, 2, 2, requires_grad=True)
        _, loss = head.train_on([raw], truths, NET_HW, Moment())
        loss.root.backward()
        gradients.append(raw.grad)
        losses.append(loss.total.item())

    assert losses[0] == losses[1]
    assert torch.equal(gradients[0] / 4, gradients[1])


def test_max_delta_bounds_the_box(tmp_path):
    head = head_of(tmp_path, YOLO, "max_delta=.01\niou_loss=giou\n")

    delta, _ = run(head, torch.zeros(1, 14, 2, 2), truths_of([(0.3, 0.3, 0.2, 0.3, 0)]))

    assert delta[:, :, :4].abs().max().item() == pytest.approx(0.01)


def test_what_makes_no_number_asks_for_nothing(tmp_path):
    head = head_of(tmp_path, YOLO, "iou_loss=ciou\n")
    raw = torch.zeros(1, 14, 2, 2)
    raw[0, OBJECTNESS] = math.nan
    raw[0, 2] = 200.0  # exp() of it is infinite

    delta, _ = run(head, raw, truths_of([(0.25, 0.25, 0.25, 0.25, 0)]))

    assert delta.isfinite().all()


@pytest.mark.parametrize(
    ("old", "new", "wh_px"),
    [
        # The C program takes .5 for what anchors= lacks: make_yolo_layer().
        ("anchors=16,16, 32,48, 60,60", "anchors=16,16, 32", [[16, 16], [32, 0.5], [0.5, 0.5]]),
        # mask= names anchors beyond num=: all that are listed count.
        ("num=3", "num=1", [[16, 16], [32, 48], [60, 60]]),
    ],
)
def test_a_head_has_the_anchors_that_its_mask_names(tmp_path, old, new, wh_px):
    head = head_of(tmp_path, YOLO.replace(old, new), channels=14)

    assert head.anchors_px.tolist() == wh_px
    assert head.decode(head(torch.zeros(1, 14, 2, 2)), NET_HW).boxes.isfinite().all()


@pytest.mark.parametrize(
    ("keys", "own", "other"),
    [
        ("", 0.5, -0.5),
        # p = .5 of what is right: (1-p)^2 - 2 p (1-p) log p = .25 + .5 log 2 = .596574
        ("focal_loss=1\ngamma=2\n", 0.298287, -0.298287),
        ("focal_loss=1\nalpha=.25\n", 0.25 * 0.298287, -0.75 * 0.298287),
        ("focal_loss=1\nalpha=.25\ngamma=0\n", 0.25 * 0.5, -0.75 * 0.5),
        # Darknet's own form goes by the true class alone and has a half before it
        ("focal_loss=1\n", 0.298287 / 2, -0.298287 / 2),
    ],
)
def test_alpha_and_gamma_choose_the_focal_loss_of_the_paper(tmp_path, keys, own, other):
    head = head_of(tmp_path, YOLO, keys)
    size = 16 / 64
    first, second = (0.625, 0.375, size, size, 1), (0.625, 0.375, size, size, 1)

    delta, _ = run(head, torch.zeros(1, 14, 2, 2), truths_of([first]))
    assert delta[0, 0, FIRST_CLASS:, 0, 1].tolist() == pytest.approx([other, own], abs=1e-6)

    # what a second object of the cell asks of its own class: as Darknet's, without the focal form
    delta, _ = run(head, torch.zeros(1, 14, 2, 2), truths_of([first, second]))
    further = own if "=.25" in keys or "gamma" in keys else 0.5
    assert delta[0, 0, FIRST_CLASS + 1, 0, 1].item() == pytest.approx(further, abs=1e-6)
