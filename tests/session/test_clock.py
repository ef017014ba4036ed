"""The time left of a training."""

from __future__ import annotations

import pytest

from darkpy.session import clock as module
from darkpy.session.clock import Clock
from darkpy.training.record import Step


@pytest.fixture
def run(monkeypatch):
    """Ticks a clock with iterations that take given seconds, and others between them."""
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    clock = Clock(None, total=1100)

    def tick(busy: float, times: int = 1, aside: float = 0.0) -> Clock:
        for _ in range(times):
            now[0] += busy + aside
            number = clock.iteration + 1
            step = Step(number, 1.0, 1.0, 0.1, 4, (64, 64), wait=0.0, compute=busy)
            clock.tick(step)
        return clock

    return tick


def test_iterations_that_are_alike_take_their_time_and_the_first_one_counts_for_nothing(run):
    run(9.0)

    assert run(0.5, times=99).seconds_left == pytest.approx(0.5 * 1000)


def test_a_busy_minute_hardly_changes_what_is_left(run):
    calm = run(0.1, times=100).seconds_left
    assert calm == pytest.approx(0.1 * 1000)

    # One iteration takes a minute. It counts as .3 s, a hundredth of the mean: .102 s.
    after = run(60.0).seconds_left

    assert after == pytest.approx(0.102 * 999)


def test_measuring_and_saving_count_over_the_whole_run(run):
    run(0.1, times=99)

    # 20 s aside in 100 iterations are .2 s for each of the 1000 that come.
    assert run(0.1, aside=20.0).seconds_left == pytest.approx((0.1 + 0.2) * 1000)
