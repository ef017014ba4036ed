"""The averaged weights: when they begin, how they follow, when they take over."""

from __future__ import annotations

import pytest
import torch

from darkpy.cfg.net import NetOptions
from darkpy.solver.averages import AveragedWeights


def following(net, until, values):
    averaged = AveragedWeights(values, net)
    for iteration in range(1, until + 1):
        values.fill_(iteration)
        averaged.follow(iteration)
    return averaged


def test_the_average_begins_at_half_of_the_training():
    net = NetOptions(max_batches=4000, ema_alpha=0.9)
    values = torch.zeros(3)

    assert following(net, 1999, values).average is None
    # 2000 is where it begins; then .9*2000 + .1*2001 = 2000.1.
    assert following(net, 2001, values).average.tolist() == pytest.approx([2000.1] * 3)


def test_a_thousand_iterations_before_the_end_it_takes_the_weights_place_and_rests():
    net = NetOptions(max_batches=4000, ema_alpha=0.5)
    values = torch.zeros(1)
    averaged = following(net, 3000, values)

    # Iteration 3000 takes nothing in: with .5 the average lags 1 behind, 2999 - 1.
    assert averaged.average.item() == pytest.approx(2998)
    assert values.item() == averaged.average.item()
    values.fill_(7)
    averaged.follow(3001)
    assert values.item() == 7
    assert averaged.average.item() == pytest.approx(2998)


def test_a_short_training_is_averaged_to_its_end():
    net = NetOptions(max_batches=10, ema_alpha=0.5)
    values = torch.zeros(1)
    averaged = following(net, 10, values)

    # 5, 5.5, 6.25, 7.125, 8.0625, 9.03125
    assert averaged.average.item() == pytest.approx(9.03125)
    assert values.item() == 10


def test_nothing_is_averaged_unless_asked_for():
    assert following(NetOptions(max_batches=10), 10, torch.zeros(1)).average is None


def test_the_average_can_stand_in_for_the_weights():
    values = torch.zeros(2)
    averaged = following(NetOptions(max_batches=10, ema_alpha=0.5), 10, values)

    with averaged.in_place():
        assert values.tolist() == averaged.average.tolist()
    assert values.tolist() == [10, 10]
