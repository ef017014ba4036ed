"""A training's events as hank-ai's Darknet v5 prints them to a file: one line an iteration.

Programs read these lines, so blanks, decimals and words are as they are there. What darkpy says
in words of its own goes to standard error.
"""

from __future__ import annotations

from collections.abc import Iterator

from darkpy.errors import shown_lines, shown_text
from darkpy.events import Aside, Began, Printed, Trained, Written

# Names of the units, how many seconds they are, and up to how many seconds they are used.
_UNITS = (
    ("microseconds", 1e-6, 1e-4),
    ("milliseconds", 1e-3, 1.0),
    ("seconds", 1.0, 120.0),
    ("minutes", 60.0, 2 * 3600.0),
    ("hours", 3600.0, 48 * 3600.0),
    ("days", 86_400.0, 7 * 86_400.0),
    ("weeks", 7 * 86_400.0, float("inf")),
)


class HankLog:
    """Remembers what the next line needs from those before."""

    def __init__(self) -> None:
        self.run: Began | None = None
        self.mean_ap = self.best = -1.0
        self.best_at = 0
        self.slow = 0

    def lines(self, event: object) -> Iterator[Printed]:
        """What would have been printed when this happened."""
        if isinstance(event, Began):
            self.run = event
            net = event.plan.net
            yield Printed(
                f"Learning Rate: {net.learning_rate:f}, Momentum: {net.momentum:f}, "
                f"Decay: {net.decay:f}\n"
                f"weights will be saved every {event.every} iterations\n"
            )
        elif isinstance(event, Written):
            yield Printed(f"Saving weights to {shown_text(event.path)}\n")
        elif isinstance(event, Trained):
            yield Printed(self._bottleneck(event) + self._line(event))
            self._remember(event)
        elif isinstance(event, str | Aside):
            text = event if isinstance(event, str) else event.text
            yield Printed(f"{shown_lines(text)}\n", error=True)

    def last_lines(self) -> Iterator[Printed]:
        """What stands at the end of a training that reached max_batches=."""
        assert self.run is not None
        if self.best > 0:
            yield Printed(
                f"\nLast accuracy mAP@{self.run.iou_thresh:.2f}={self.mean_ap:.2%}, "
                f"best={self.best:.2%} at iteration #{self.best_at}.\n"
            )

    def _line(self, told: Trained) -> str:
        step = told.step
        return (
            f"{step.iteration}: loss={step.loss:.3f}, avg loss={step.average:.3f}, "
            f"last={self.mean_ap:.2%}, best={self.best:.2%}, mAP={told.next_map or 'DISABLED'}, "
            f"rate={step.rate:.8f}, load {step.pictures}={duration(step.wait)}, "
            f"train={duration(step.compute)}, {step.iteration * step.pictures} images, "
            f"time remaining={duration(told.seconds_left).replace('.0 ', ' ')}\n"
        )

    def _bottleneck(self, told: Trained) -> str:
        if told.step.wait < told.step.compute:
            return ""
        self.slow += 1
        return (
            f"Performance bottleneck (#{self.slow}): loading {told.step.pictures} images took "
            "longer than it takes to train.  Slow CPU or hard drive?  Loading images from a "
            "network share?\n"
        )

    def _remember(self, told: Trained) -> None:
        if told.measured is None:
            return
        self.mean_ap, self.best = told.measured, told.best
        if told.measured >= told.best:
            self.best_at = told.iteration


def duration(seconds: float) -> str:
    """A time with one decimal in the unit that suits it.

    >>> duration(0.0632), duration(90), duration(7300)
    ('63.2 milliseconds', '90.0 seconds', '2.0 hours')
    """
    if seconds <= 0:
        return "unknown"
    name, size = next((name, size) for name, size, most in _UNITS if seconds <= most)
    return f"{seconds / size:.1f} {name}"
