"""The factor on the loss in float16."""

from __future__ import annotations

import torch

from darkpy.solver.loss_scale import LossScale

CPU = torch.device("cpu")
YES, NO = torch.tensor(True), torch.tensor(False)


def test_it_begins_as_the_cfg_says_or_large():
    assert LossScale(128, CPU).factor.item() == 128
    assert LossScale(1, CPU).factor.item() == 65536


def test_an_overflow_halves_it_down_to_one():
    scale = LossScale(4, CPU)

    factors = []
    for _ in range(4):
        scale.follow(NO)
        factors.append(scale.factor.item())

    assert factors == [2, 1, 1, 1]


def test_two_thousand_good_steps_double_it():
    scale = LossScale(4, CPU)
    for _ in range(1999):
        scale.follow(YES)
    assert scale.factor.item() == 4
    scale.follow(YES)
    assert scale.factor.item() == 8


def test_an_overflow_begins_the_count_anew():
    scale = LossScale(4, CPU)
    for _ in range(1999):
        scale.follow(YES)
    scale.follow(NO)
    for _ in range(1999):
        scale.follow(YES)

    assert scale.factor.item() == 2
