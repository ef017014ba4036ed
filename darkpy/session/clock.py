"""Speed, share of time spent waiting for pictures, and time left of a training."""

from __future__ import annotations

import time

from darkpy.training.record import Step

_SHARE_OF_LATEST = 0.05  # in the running means that are shown
_LEAST_SHARE = 0.005  # of an iteration in what is expected of the others
_MOST_OF_USUAL = 3.0  # what took longer was something that passes


class Clock:
    """Running means over the iterations; `limit` in seconds ends the training early."""

    def __init__(self, limit: float | None, total: int) -> None:
        self.limit, self.total = limit, total
        self.start()
        self.usual = 0.0  # seconds of an iteration
        self.done = 0
        self.busy = 0.0
        self.waiting = 0.0
        self.pictures_per_second = 0.0
        self.iteration = 0

    def start(self) -> None:
        """The first iteration begins now."""
        self.began = self.last = time.monotonic()

    def tick(self, step: Step) -> None:
        """Take an iteration in."""
        now = time.monotonic()
        busy = step.wait + step.compute
        share = _SHARE_OF_LATEST if self.done else 1.0
        self.waiting += share * (step.wait / busy - self.waiting)
        self.pictures_per_second += share * (step.pictures / busy - self.pictures_per_second)
        self.done += 1
        self.busy += busy
        # The first iteration warms up and counts for nothing once there is a second one.
        share = max(1 / max(1, self.done - 1), _LEAST_SHARE)
        counted = min(busy, _MOST_OF_USUAL * self.usual) if self.done > 2 else busy
        self.usual += share * (counted - self.usual)
        self.last, self.iteration = now, step.iteration

    @property
    def over(self) -> bool:
        """Whether the time limit is reached."""
        return self.limit is not None and time.monotonic() - self.began > self.limit

    @property
    def seconds_left(self) -> float:
        """Until the last iteration, if the others take as long as those before.

        What measuring and saving took counts too, spread over the iterations; a busy minute of
        the machine hardly does.
        """
        aside = max(0.0, self.last - self.began - self.busy) / max(1, self.done)
        return (self.usual + aside) * (self.total - self.iteration)
