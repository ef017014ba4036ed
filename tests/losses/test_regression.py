"""Box losses by ordinary derivatives, beside numbers worked out by hand and torchvision's."""

from __future__ import annotations

import math

import pytest
import torch

from darkpy.losses.regression import ciou_loss, giou_loss, l1_loss, smooth_l1_loss

# Corners (0, 0, 4, 2) and (1, 1, 4, 4) as centre and size
ONE, OTHER = torch.tensor([2.0, 1, 4, 2]), torch.tensor([2.5, 2.5, 3, 3])


def test_l1_adds_up_the_four_differences():
    assert l1_loss(ONE, OTHER).item() == pytest.approx(0.5 + 1.5 + 1 + 1)


def test_smooth_l1_is_half_a_square_over_the_knee_below_it():
    # .5, 1.5, 1 and 1 with a knee of 1: .125 + 1 + .5 + .5
    assert smooth_l1_loss(ONE, OTHER, 1.0).item() == pytest.approx(2.125)
    # a knee of 2: .25 / 4 + 2.25 / 4 + 1 / 4 + 1 / 4
    assert smooth_l1_loss(ONE, OTHER, 2.0).item() == pytest.approx(1.125)


def test_overlap_losses_are_torchvisions():
    # torchvision 0.28: generalized_box_iou .089286, complete_box_iou .134034
    assert 1 - giou_loss(ONE, OTHER).item() == pytest.approx(0.089286, abs=1e-6)
    assert 1 - ciou_loss(ONE, OTHER).item() == pytest.approx(0.134034, abs=1e-6)


def test_equal_boxes_cost_nothing_and_ask_for_nothing_infinite():
    for loss in (giou_loss, ciou_loss):
        box = ONE.clone().requires_grad_()
        value = loss(box, ONE)
        value.backward()
        assert value.item() == pytest.approx(0, abs=1e-6)
        assert box.grad.isfinite().all()


def test_the_gradient_of_giou_is_the_slope_of_its_value():
    generator = torch.Generator().manual_seed(4)
    boxes = torch.rand(50, 4, generator=generator, dtype=torch.float64) + 0.2
    truths = torch.rand(50, 4, generator=generator, dtype=torch.float64) + 0.2
    boxes.requires_grad_()
    giou_loss(boxes, truths).sum().backward()

    step = 1e-6
    for column in range(4):
        moved = torch.zeros(4, dtype=torch.float64)
        moved[column] = step
        with torch.no_grad():
            slope = (giou_loss(boxes + moved, truths) - giou_loss(boxes - moved, truths)) / 2 / step
        torch.testing.assert_close(boxes.grad[:, column], slope, rtol=1e-3, atol=1e-5)


def test_the_shape_pulls_width_and_height_apart_with_alpha_held_constant():
    box, truth = torch.tensor([0.0, 0, 2, 2]), torch.tensor([0.0, 0, 4, 1])
    box.requires_grad_()

    ciou_loss(box, truth).backward()

    # I = 2 * 1, U = 6. By w: dI = 1, dU = 2 - 1, so dIoU = (6 - 2) / 36; by h: dI = 0, dU = 2,
    # so -4 / 36. No distance. v = 4/pi^2 * angle^2; by w -8/pi^2 * angle * h / (w^2 + h^2).
    angle = math.atan(4) - math.atan(1)
    v = 4 / math.pi**2 * angle**2
    turn = v / (1 - 2 / 6 + v) * 8 / math.pi**2 * angle * 2 / 8
    assert box.grad[2:].tolist() == pytest.approx([-4 / 36 - turn, 4 / 36 + turn], abs=1e-6)
