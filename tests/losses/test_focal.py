"""The focal loss: worked numbers, its slope, and that nothing in it becomes infinite."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch
from torch.nn import functional as F

from darkpy.losses.classes import (
    first_truth_delta,
    focal_delta,
    focal_softmax_delta,
    further_focal_delta,
)
from darkpy.losses.focal import Focal

ORACLE = Path(__file__).parent.parent / "oracle"
PAPER = Focal(0.25, 2.0)
FORMS = [PAPER, Focal(None, 2.0), Focal(0.9, 0.5), Focal(0.5, 0.0), Focal(None, 5.0)]


def test_it_is_alpha_times_the_miss_squared_times_the_cross_entropy():
    logits, wanted = torch.tensor([2.0, -1, 0.5, 0]), torch.tensor([1.0, 0, 1, 0])

    got = PAPER.loss(logits, wanted)

    # e.g. the last: p = .5 of what is right, .75 * .5^2 * log 2 = .129965; torchvision's numbers
    assert got.tolist() == pytest.approx([0.000451, 0.016994, 0.016893, 0.129965], abs=5e-7)
    assert got[3].item() == pytest.approx(0.75 * 0.25 * math.log(2))
    assert got.sum().item() == pytest.approx(0.164303, abs=5e-7)


@pytest.mark.oracle
def test_values_and_gradients_are_torchvisions():
    known = json.loads((ORACLE / "torchvision_retina/retina.json").read_text())["focal"]
    logits = torch.tensor(known["logits"], requires_grad=True)
    wanted = torch.tensor(known["targets"])

    each = PAPER.loss(logits, wanted)
    each.sum().backward()

    assert each.tolist() == pytest.approx(known["each"], rel=1e-5)
    assert logits.grad.tolist() == pytest.approx(known["gradient"], rel=1e-5)
    heavier = Focal(0.6, 1.5).loss(logits, wanted)
    assert heavier.tolist() == pytest.approx(known["each_alpha_.6_gamma_1.5"], rel=1e-5)


@pytest.mark.oracle
def test_the_mean_over_two_anchors_of_three_classes_is_gluoncvs():
    known = json.loads((ORACLE / "ssd_gluoncv/focal.json").read_text())
    wanted = torch.zeros(2, 3)
    wanted[range(2), known["labels"]] = 1

    loss = PAPER.loss(torch.tensor(known["logits"]), wanted)

    assert loss.mean().item() == pytest.approx(known["mean"], rel=1e-5)
    assert loss.sum().item() == pytest.approx(known["sum"], rel=1e-5)


def test_without_alpha_and_with_a_gamma_of_0_it_is_the_cross_entropy():
    logits, wanted = torch.tensor([2.0, -1, 0.5, 0]), torch.tensor([1.0, 0, 1, 0])

    got = Focal(None, 0).loss(logits, wanted)

    torch.testing.assert_close(got.sum(), F.binary_cross_entropy_with_logits(
        logits, wanted, reduction="sum"
    ))  # fmt: skip


@pytest.mark.parametrize("focal", FORMS)
def test_the_delta_of_logistic_classes_is_the_negative_gradient_of_the_loss(focal):
    logits = torch.randn(7, 5, generator=torch.Generator().manual_seed(1)).double()
    logits.requires_grad_()
    classes = torch.tensor([0, 1, 2, 3, 4, 0, 2])
    wanted = F.one_hot(classes, 5).double()
    focal.loss(logits, wanted).sum().backward()

    delta = focal_delta(logits.detach().sigmoid(), classes, focal)

    torch.testing.assert_close(delta, -logits.grad, rtol=1e-9, atol=1e-12)
    own = logits.detach().sigmoid().gather(1, classes[:, None])[:, 0]
    further = further_focal_delta(own, focal)
    torch.testing.assert_close(further, delta.gather(1, classes[:, None])[:, 0])


@pytest.mark.parametrize("focal", FORMS)
def test_the_delta_of_a_softmax_is_the_negative_gradient_of_its_focal_loss(focal):
    logits = torch.randn(7, 5, generator=torch.Generator().manual_seed(2)).double()
    logits.requires_grad_()
    classes = torch.tensor([0, 1, 2, 3, 4, 0, 2])
    own = logits.softmax(dim=1).gather(1, classes[:, None])
    alpha = 1 if focal.alpha is None else focal.alpha
    (-alpha * (1 - own) ** focal.gamma * own.log()).sum().backward()

    delta = focal_softmax_delta(logits.detach().softmax(dim=1), classes, focal)

    torch.testing.assert_close(delta, -logits.grad, rtol=1e-9, atol=1e-12)


def test_darknets_fixed_form_is_that_of_a_softmax_with_half_and_a_gamma_of_2():
    predicted = torch.tensor([[0.3, -1.2, 2.0, 0.1]]).softmax(dim=1)
    classes = torch.tensor([1])

    ours = focal_softmax_delta(predicted, classes, Focal(0.5, 2.0))

    fixed = [-0.07611505, 0.55508253, -0.41664975, -0.06231773]  # of the C program
    assert ours[0].tolist() == pytest.approx(fixed, abs=1e-6)
    darknet = first_truth_delta(predicted, classes, focal_loss=True)
    torch.testing.assert_close(ours, darknet, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0, 5.0])
def test_outputs_that_are_as_sure_as_float32_can_be_stay_finite(gamma):
    logits = torch.tensor([-300.0, -300, 300, 300, -17, 17], requires_grad=True)
    wanted = torch.tensor([0.0, 1, 0, 1, 1, 0])
    focal = Focal(0.25, gamma)

    loss = focal.loss(logits, wanted)
    loss.sum().backward()

    assert loss.isfinite().all()
    assert logits.grad.isfinite().all()
    assert loss[1] > 70  # .25 * 300
    assert focal.slope(torch.tensor([0.0, 1.0])).isfinite().all()


@pytest.mark.parametrize(
    ("alpha", "gamma", "focal"),
    [
        (None, None, None),
        (0.3, None, Focal(0.3, 2.0)),
        (None, 1.0, Focal(None, 1.0)),
        (0.0, 0.0, Focal(0.0, 0.0)),
    ],
)
def test_either_key_turns_the_form_of_the_paper_on(alpha, gamma, focal):
    assert Focal.given(alpha, gamma) == focal


@pytest.mark.parametrize("focal", FORMS)
def test_sums_of_pictures_are_those_of_the_loss_and_so_are_the_gradients(focal):
    generator = torch.Generator().manual_seed(3)
    logits = (4 * torch.randn(2, 6, 5, generator=generator)).double().requires_grad_()
    wanted = torch.rand(2, 6, 5, generator=generator) > 0.8
    counts = torch.rand(2, 6, generator=generator) > 0.3
    weights = torch.tensor([2.0, 0.5])

    each = (focal.loss(logits, wanted.double()) * counts[:, :, None]).sum(dim=(1, 2))
    (each * weights).sum().backward()
    gradient, logits.grad = logits.grad, None
    sums = focal.sums(logits, wanted, counts)
    (sums * weights).sum().backward()

    torch.testing.assert_close(sums, each, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(logits.grad, gradient, rtol=1e-9, atol=1e-12)
    assert not logits.grad[~counts].any()


def test_sums_of_the_surest_outputs_are_finite():
    logits = torch.tensor([[[-300.0, 300.0], [300.0, -300.0]]], requires_grad=True)
    wanted = torch.tensor([[[True, False], [True, False]]])

    for gamma in (0.0, 0.5, 2.0):
        sums = Focal(0.25, gamma).sums(logits, wanted, torch.ones(1, 2, dtype=torch.bool))
        sums.sum().backward()
        assert sums.item() == pytest.approx(0.25 * 300 + 0.75 * 300)
        assert logits.grad.isfinite().all()
