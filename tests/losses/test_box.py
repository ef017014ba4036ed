"""The gradients of the box losses: worked numbers and the C program's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from darkpy.losses.box import BOX_GRADIENTS

ORACLE = np.load(Path(__file__).parent.parent / "oracle" / "boxes" / "boxes.npz")
KINDS = ("iou", "giou", "diou", "ciou")


def gradient(kind, pred, truth):
    return BOX_GRADIENTS[kind](torch.tensor([pred]), torch.tensor([truth]))[0].tolist()


@pytest.mark.oracle
@pytest.mark.parametrize("kind", KINDS)
def test_gradients_of_400_pairs_are_the_c_programs(kind):
    pred, truth = torch.tensor(ORACLE["pred"]), torch.tensor(ORACLE["truth"])
    wanted = ORACLE[f"d_{kind}"]

    got = BOX_GRADIENTS[kind](pred, truth).numpy()

    # the C program fuses multiplications and additions, so the last digits of cancelling terms
    # differ: measured against the length of the row; 1e-6 for the pair of equal boxes
    size = np.linalg.norm(wanted, axis=1, keepdims=True)
    assert (np.abs(got - wanted) <= 1e-5 * size + 1e-6).all()


def test_iou_gradient_of_a_box_shifted_by_half_its_width():
    # pred [0, 2] x [0, 2], truth [1, 3] x [0, 2]: I = 1 * 2 = 2, U = 4 + 4 - 2 = 6.
    # left edge: dI = 0 (it lies outside), dU = -2 - 0;  (6*0 - 2*-2) / 36 = 1/9
    # right edge: dI = 2, dU = 2 - 2 = 0;  (6*2 - 0) / 36 = 1/3
    # top and bottom coincide with the truth's: dI = 0, dU = -2 and 2;  1/9 and -1/9
    # dx = left + right = 4/9, dy = 0, dw = right - left = 2/9, dh = -2/9
    wanted = [4 / 9, 0, 2 / 9, -2 / 9]

    assert gradient("iou", [1.0, 1, 2, 2], [2.0, 1, 2, 2]) == pytest.approx(wanted)


def test_giou_adds_the_slope_of_union_over_enclosure():
    # as above, U = 6 and the enclosure is 3 * 2 = 6.
    # left: dC = -2, dU = -2;  (6*-2 - 6*-2) / 36 = 0.   right: dC = 0, dU = 0;  0
    # top, bottom: dC = 0, dU = -2 and 2;  -12/36 and 12/36
    # so dh grows by 2/3 and the rest stays
    wanted = [4 / 9, 0, 2 / 9, -2 / 9 + 2 / 3]

    assert gradient("giou", [1.0, 1, 2, 2], [2.0, 1, 2, 2]) == pytest.approx(wanted)


def test_boxes_apart_get_the_distance_term_alone():
    # pred [0, 2] x [0, 2], truth [3, 5] x [0, 2]: S = 9, enclosure 5 x 2, c² = 25 + 4 = 29
    # only the left edge stretches the enclosure: its width shrinks with x, grows by w/2
    # dx = (2*3*29 - 2*5*-1*9) / 29², dw = 2*5*.5*9 / 29²
    wanted = [(174 + 90) / 841, 0, 45 / 841, 0]

    assert gradient("diou", [1.0, 1, 2, 2], [4.0, 1, 2, 2]) == pytest.approx(wanted)


def test_ciou_turns_a_flat_box_upright_without_the_size_factor():
    # same centre; pred 2 x 1, truth 1 x 2, so I = 1, U = 3; no distance, S = 0
    angle = np.arctan(0.5) - np.arctan(2)
    aspect = 4 / np.pi**2 * angle**2
    alpha = aspect / (1 - 1 / 3 + aspect + 1e-6)
    turn = 8 / np.pi**2 * angle
    # IoU: left lies outside, dI = 0, dU = -1: (0 - 1*-1) / 9 = 1/9; right -1/9; dw = -2/9
    # top lies inside, dI = -1 (= -Iw), dU = -2 + 1 = -1: (3*-1 - 1*-1) / 9 = -2/9; dh = 4/9
    wanted = [0, 0, -2 / 9 + alpha * turn * 1, 4 / 9 - alpha * turn * 2]

    assert gradient("ciou", [3.0, 3, 2, 1], [3.0, 3, 1, 2]) == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_no_boxes_give_no_gradients(kind):
    assert BOX_GRADIENTS[kind](torch.zeros(0, 4), torch.zeros(0, 4)).shape == (0, 4)


@pytest.mark.parametrize("kind", KINDS)
def test_prediction_without_area_has_finite_gradients(kind):
    assert np.isfinite(gradient(kind, [0.5, 0.5, 0.0, 0.2], [0.6, 0.5, 0.1, 0.2])).all()


@pytest.mark.parametrize("kind", KINDS)
def test_equal_boxes_are_left_where_they_are(kind):
    dx, dy, _, _ = gradient(kind, [0.5, 0.5, 0.2, 0.4], [0.5, 0.5, 0.2, 0.4])

    assert (dx, dy) == pytest.approx((0, 0), abs=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_mirroring_both_boxes_turns_only_the_sign_of_dx(kind):
    dx, dy, dw, dh = gradient(kind, [0.5, 0.4, 0.2, 0.4], [0.55, 0.45, 0.3, 0.2])

    mirrored = gradient(kind, [-0.5, 0.4, 0.2, 0.4], [-0.55, 0.45, 0.3, 0.2])

    assert mirrored == pytest.approx([-dx, dy, dw, dh], rel=1e-4)
