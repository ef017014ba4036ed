"""Speed, share of time spent waiting for pictures, and time left of a training."""

from __future__ import annotations

import time

from darkpy.training.record import Step

_SHARE_OF_LATEST = 0.05  # in the running means


class Clock:
    """Running means over the iterations; `limit` in seconds ends the training early."""

    def __init__(self, limit: float | None, total: int) -> None:
        self.limit, self.total = limit, total
        self.start()
        self.per_iteration = 0.0
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
        share = _SHARE_OF_LATEST if self.per_iteration else 1.0
        self.waiting += share * (step.wait / busy - self.waiting)
        self.pictures_per_second += share * (step.pictures / busy - self.pictures_per_second)
        # The time left counts what measuring and saving take, too.
        self.per_iteration += share * (max(now - self.last, busy) - self.per_iteration)
        self.last, self.iteration = now, step.iteration

    @property
    def over(self) -> bool:
        """Whether the time limit is reached."""
        return self.limit is not None and time.monotonic() - self.began > self.limit

    @property
    def seconds_left(self) -> float:
        """Until the last iteration, if the others take as long as those before."""
        return self.per_iteration * (self.total - self.iteration)
