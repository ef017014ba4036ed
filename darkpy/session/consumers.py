"""Who follows a training: each is told of every iteration, none of them can end it.

The bar of the command line is told by what the session yields. What writes or serves something
of its own (the csv, the chart, a page, TensorBoard) is a Consumer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Protocol

from darkpy.errors import DarkpyError
from darkpy.events import Trained
from darkpy.metrics.report import MapReport
from darkpy.training.history import TrainingHistory

_MOST_CLASSES = 100  # that get a column each in the csv


class Consumer(Protocol):
    """Something that follows a training, iteration by iteration."""

    def take(self, told: Trained) -> None:
        """An iteration is finished."""

    def finish(self) -> Iterable[str]:
        """The training is over; gives lines to print."""


class Rows:
    """The csv: a row of the history an iteration. names: of the classes, which get columns."""

    def __init__(self, history: TrainingHistory, names: Sequence[str] = ()) -> None:
        self.history, self.names = history, names
        self._whole = True  # the file has all rows, or will when its buffer is written

    def take(self, told: Trained) -> None:
        if told.iteration == self.history.last:
            self.measured(told.iteration, told.measured, told.report)
            self._mend()
            return
        whole, self._whole = self._whole, False
        row = told.step, told.measured, self._classes(told.report)
        if whole:
            self.history.add(*row)
            self._whole = self.history.path.exists()
        else:  # whatever becomes of the file, no row is lost
            self.history.note(*row)
            self._mend()

    def ahead(self, told: Trained) -> None:
        """Take an iteration that everyone will be told of later."""
        with suppress(DarkpyError, OSError):
            self.take(told)

    def measured(self, iteration: int, map50: float | None, report: MapReport | None) -> None:
        """What was measured after the last row was written belongs into it."""
        if map50 is not None and iteration == self.history.last:
            self.history.measured(map50, self._classes(report))
            self._whole = False

    def keep(self) -> None:
        """Have all rows reach the disk before a state does that knows their iterations.

        What fails is tried again, and said, with the next iteration.
        """
        try:
            self._mend()
            self.history.to_disk()
        except (DarkpyError, OSError):
            self._whole = False

    def _classes(self, report: MapReport | None) -> dict[str, float]:
        """What was measured by class, unless there are too many for columns."""
        if report is None or len(self.names) > _MOST_CLASSES:
            return {}
        classes = zip(self.names, report.classes, strict=True)
        return {name: it.average_precision for name, it in classes}

    def finish(self) -> list[str]:
        self._mend()
        return []

    def _mend(self) -> None:
        if not self._whole:
            self.history.write_again()
            self._whole = True


class Audience:
    """All consumers of a training. One that fails is named, once a reason, and tried again."""

    def __init__(self, *consumers: Consumer) -> None:
        self.consumers = consumers
        self._known: set[str] = set()

    def take(self, told: Trained) -> Iterator[str]:
        """Tell everyone of an iteration; yields what went wrong."""
        for consumer in self.consumers:
            try:
                consumer.take(told)
            except (DarkpyError, OSError) as problem:
                yield from self._complaint(problem)

    def finish(self) -> Iterator[str]:
        """Tell everyone that it is over; yields what they have to say."""
        for consumer in self.consumers:
            try:
                yield from consumer.finish()
            except (DarkpyError, OSError) as problem:
                yield from self._complaint(problem)

    def _complaint(self, problem: Exception) -> Iterator[str]:
        if str(problem) not in self._known:
            self._known.add(str(problem))
            yield f"warning: {problem} (the training goes on)"
