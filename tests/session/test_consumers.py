"""Whoever follows a training is told of every iteration, and cannot end it."""

from __future__ import annotations

import pytest

from darkpy.errors import OutputError
from darkpy.events import Trained, time_words
from darkpy.session.consumers import Audience
from darkpy.training.record import Step


def told(iteration: int) -> Trained:
    step = Step(iteration, 3.0, 2.5, 0.001, pictures=4, size_hw=(64, 64), wait=0.0, compute=1.0)
    return Trained(step, 9, None, None, -1.0, 4.0, 0.0, 8.0)


class Listener:
    """Remembers what it was told; fails in the iterations it is to fail in."""

    def __init__(self, *fails: int):
        self.heard, self.fails = [], fails

    def take(self, told):
        if told.iteration in self.fails:
            raise OutputError("disk: full")
        self.heard.append(told.iteration)

    def finish(self):
        return [f"heard {len(self.heard)}"]


def test_all_are_told_in_order_and_speak_at_the_end():
    first, second = Listener(), Listener()
    audience = Audience(first, second)

    for iteration in (1, 2, 3):
        assert list(audience.take(told(iteration))) == []

    assert first.heard == second.heard == [1, 2, 3]
    assert list(audience.finish()) == ["heard 3", "heard 3"]


def test_one_that_fails_is_named_once_and_tried_again_and_stops_no_other():
    weak, other = Listener(1, 2), Listener()
    audience = Audience(weak, other)

    lines = [line for iteration in (1, 2, 3) for line in audience.take(told(iteration))]

    assert lines == ["warning: disk: full (the training goes on)"]
    assert (weak.heard, other.heard) == ([3], [1, 2, 3])


@pytest.mark.parametrize(
    ("seconds", "words"), [(59.9, "0:59"), (61, "1:01"), (3599, "59:59"), (36_000, "10:00:00")]
)
def test_times_are_hours_minutes_and_seconds(seconds, words):
    assert time_words(seconds) == words
