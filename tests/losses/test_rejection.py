"""Darknet's defences against bad labels, with the arithmetic written out."""

from __future__ import annotations

import torch

from darkpy.losses.rejection import Rejection

LATE = 77  # iteration; 76 are done, more than 3/4 of 100


def rejection(**keys):
    return Rejection(
        **({"percentage": 0, "sigmas": 0, "equidistant": 0, "max_batches": 100} | keys)
    )


def test_before_the_last_quarter_nothing_is_rejected():
    delta = torch.tensor([0.1, 100.0])

    assert rejection(sigmas=1)(delta, 76, 1).equal(delta)
    assert rejection(percentage=5)(delta, 76, 1).equal(delta)


def test_sigmas_drop_what_is_above_a_limit_that_sinks_from_the_largest():
    delta = torch.tensor([0.5, -0.495, 0.49, 0.0])

    kept = rejection(sigmas=3)(delta, LATE, 1)

    # largest .5; rolling average .01 * 1.485 / 3 = .00495, no deviation yet: the end is .00495;
    # (76 - 75) / 75 of the way down from the largest: .5 - .49505 / 75 = .4934
    assert kept.tolist() == torch.tensor([0.0, 0, 0.49, 0]).tolist()


def test_percentage_moves_its_limit_by_a_hundredth():
    defence = rejection(percentage=10)
    delta = torch.tensor([1.0, 0.5, 0.5, 0.5])

    first = defence(delta, LATE, 1)
    # largest 1.0 is the limit and not above it; nothing hit: the limit sinks to .99
    second = defence(delta, LATE, 1)
    # 1.0 is above .99: one of 4, 25 % > 10 %: it rises to 1 again
    third = defence(delta, LATE, 1)

    assert first.equal(delta)
    assert second.tolist() == [0, 0.5, 0.5, 0.5]
    assert third.equal(delta)


def test_equidistant_drops_the_small_ones():
    defence = rejection(equidistant=20)
    delta = torch.tensor([0.001, 1.0, 1.0, 0.0])

    # average of those not 0: 2.001 / 3, rolling one a hundredth of it: .00667;
    # the limit is that of the step before, so the first drops nothing
    assert defence(delta, 61, 1).equal(delta)
    # 60 done: (60 - 20) / (100 - 20) * 1.4 * .00667 = .00467
    assert defence(delta, 61, 1).tolist() == [0, 1, 1, 0]


def test_no_delta_at_all_leaves_finite_values():
    defence = rejection(percentage=5, sigmas=2, equidistant=20)

    for _ in range(2):
        assert defence(torch.zeros(4), LATE, 1).equal(torch.zeros(4))

    assert all(value.isfinite() for value in defence.buffers())
