"""The learning rate against hand-worked points and against the C program."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from darkpy.cfg.net import NetOptions
from darkpy.cfg.net_schedule import POLICIES
from darkpy.errors import CfgError
from darkpy.planning.network import read_network
from darkpy.solver import schedule

ORACLE = Path(__file__).parent.parent / "oracle" / "lr_rates"
RATES = np.load(ORACLE / "rates.npz")


@pytest.mark.oracle
@pytest.mark.parametrize("name", sorted(RATES.files))
def test_rate_of_200_iterations_is_the_c_programs(name):
    net = read_network(ORACLE / f"{name}.cfg").net

    rates = [schedule.rate(iteration, net) for iteration in range(200)]

    np.testing.assert_allclose(rates, RATES[name], rtol=1e-6, atol=0)


def test_burn_in_is_a_sixteenth_halfway_and_one_from_its_end_on():
    # (500 / 1000)^4 = 1/16
    assert schedule.burn_in(500, warmup=1000, power=4) == 1 / 16
    assert schedule.burn_in(0, warmup=1000, power=4) == 0
    assert schedule.burn_in(1000, warmup=1000, power=4) == 1
    assert schedule.burn_in(1, warmup=0, power=4) == 1


def test_burn_in_comes_before_any_policy():
    net = NetOptions(learning_rate=0.5, burn_in=4, power=2, policy="steps", steps=(1,), scales=(9,))

    # (2 / 4)^2 * .5 while burning in; from iteration 4 on the step counts: 9 * .5
    assert schedule.rate(2, net) == pytest.approx(0.125)
    assert schedule.rate(4, net) == pytest.approx(4.5)


def test_step_changes_at_its_multiples():
    assert [schedule.step(i, every=3, scale=0.5) for i in (0, 2, 3, 5, 6)] == [1, 1, 0.5, 0.5, 0.25]


def test_steps_count_from_the_iteration_they_name():
    at, scales = (80, 120), (0.1, 0.5)

    factors = [schedule.steps(i, at=at, scales=scales) for i in (79, 80, 119, 120, 500)]

    assert factors == pytest.approx([1, 0.1, 0.1, 0.05, 0.05])


def test_steps_out_of_order_wait_for_the_first_one():
    # The C loop returns at the first step beyond the iteration: 50 stands behind 100.
    assert schedule.steps(60, at=(100, 50), scales=(0.1, 0.5)) == 1


def test_no_steps_leave_the_rate_alone():
    assert schedule.steps(7, at=(), scales=()) == 1


def test_poly_ends_at_zero_and_stays_there():
    # (1 - 50/100)^2 = 1/4
    assert schedule.poly(50, last=100, power=2) == 0.25
    assert schedule.poly(100, last=100, power=2) == 0
    assert schedule.poly(150, last=100, power=0.5) == 0


def test_sigmoid_is_a_half_at_its_middle_and_bounded_far_away():
    assert schedule.sigmoid(100, gamma=0.05, middle=100) == 0.5
    # 1 / (1 + e^(.05 * 20)) = 1 / (1 + e)
    assert schedule.sigmoid(120, gamma=0.05, middle=100) == pytest.approx(1 / (1 + math.e))
    assert schedule.sigmoid(10**9, gamma=1.0, middle=1) == 0


def test_sgdr_is_lowest_at_the_end_of_a_cycle_and_restarts_after_it():
    # Cycles of 30, then 60: 30 is the first minimum, 31 is 1/60 of the next, 90 the second minimum.
    assert schedule.sgdr(30, cycle=30, growth=2) == pytest.approx(0, abs=1e-12)
    expected = 0.5 * (1 + math.cos(math.pi / 60))
    assert schedule.sgdr(31, cycle=30, growth=2) == pytest.approx(expected)
    assert schedule.sgdr(60, cycle=30, growth=2) == pytest.approx(0.5)
    assert schedule.sgdr(90, cycle=30, growth=2) == pytest.approx(0, abs=1e-12)


@given(st.integers(1, 500), st.integers(1, 40))
def test_sgdr_without_growth_repeats(iteration, cycle):
    factor = schedule.sgdr(iteration, cycle=cycle, growth=1)

    assert factor == pytest.approx(schedule.sgdr(iteration + cycle, cycle=cycle, growth=1))
    assert 0 <= factor <= 1


def test_random_takes_the_number_drawn_by_the_caller():
    net = NetOptions(learning_rate=0.5, policy="random", power=2)

    assert schedule.rate(3, net, chance=0.5) == 0.125  # .5^2 * .5


@pytest.mark.parametrize("policy", POLICIES)
def test_every_policy_is_finite_and_not_negative_to_the_end(policy):
    net = NetOptions(max_batches=50, burn_in=7, policy=policy, gamma=0.9, step=5, scale=0.5)

    for iteration in range(52):
        rate = schedule.rate(iteration, net, chance=0.3)
        assert math.isfinite(rate)
        assert rate >= 0


@pytest.mark.parametrize("policy", ["poly", "sgdr"])
def test_policies_that_span_the_training_ask_for_its_length(policy):
    with pytest.raises(CfgError, match="needs max_batches="):
        schedule.rate(1, NetOptions(policy=policy))


@pytest.mark.parametrize("gamma", [1.7, 1e30])
def test_a_rate_that_explodes_is_the_users_mistake(gamma):
    with pytest.raises(CfgError, match="no finite rate at iteration 2000; gamma="):
        schedule.rate(2000, NetOptions(policy="exp", gamma=gamma))
