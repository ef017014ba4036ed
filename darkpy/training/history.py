"""What a training leaves behind of every iteration: a CSV file that survives interruptions.

The file only ever grows while a training runs. When the training goes on from saved weights, the
rows after them are dropped first, so that a chart drawn from the file tells one story.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import math
import os
import time
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from darkpy.errors import OutputError
from darkpy.training.history_file import (
    COLUMNS,
    ByClass,
    named_classes,
    read_by_class,
    read_columns,
    row_text,
    score_of,
    up_to,
    write_columns,
)
from darkpy.training.record import QUALITY

_FLUSH_SECONDS = 2.0


class Record(Protocol):
    """The numbers of one iteration, as darkpy.training.trainer.Step has them."""

    @property
    def iteration(self) -> int: ...
    @property
    def loss(self) -> float: ...
    @property
    def average(self) -> float: ...
    @property
    def rate(self) -> float: ...
    @property
    def wait(self) -> float: ...
    @property
    def compute(self) -> float: ...
    @property
    def parts(self) -> Mapping[str, float]: ...
    @property
    def quality(self) -> Mapping[str, float]: ...


@dataclass(frozen=True)
class Curves:
    """Columns of a history, each float64 of shape (I,) for I iterations; NaN where not known.

    map50 is in 0..1 and known only where it was measured; score says what it is: mAP (map50) or a
    classifier's share of right answers (top1). parts: of the loss, by the names that
    the heads give them. quality: iou, recall50 and recall75 of the boxes in charge of objects,
    objects, and rewritten, the objects that lost their box to another. by_class: average precision
    by iteration and name of the class, where it was measured.
    """

    iterations: np.ndarray
    losses: np.ndarray
    averages: np.ndarray
    rates: np.ndarray
    seconds: np.ndarray
    map50: np.ndarray
    parts: Mapping[str, np.ndarray]
    quality: Mapping[str, np.ndarray] = field(default_factory=dict)
    by_class: ByClass = field(default_factory=dict)
    score: str = "map50"

    @classmethod
    def of(cls, columns: Mapping[str, array], by_class: ByClass, score: str = "map50") -> Curves:
        """A copy of the growing columns."""
        arrays = {name: np.array(column) for name, column in columns.items()}
        always = [arrays.pop(name) for name in COLUMNS]
        quality = {name: arrays.pop(name) for name in QUALITY if name in arrays}
        return cls(*always, parts=arrays, quality=quality, by_class=dict(by_class), score=score)

    def __len__(self) -> int:
        return len(self.iterations)


def read_history(path: str | Path) -> Curves:
    """Read a history. A row that a crash cut short is left out.

    DataError if the file cannot be read or is no history of a training.
    """
    path = Path(path)
    return Curves.of(read_columns(path), read_by_class(path), score_of(path))


class TrainingHistory:
    """The history of a running training, in its file and in memory.

    Its first iteration says which parts the loss has; the file then gets their columns. Use it as
    a context manager: leaving it writes what is still in the buffer.
    """

    def __init__(
        self, path: Path, columns: dict[str, array], by_class: ByClass, score: str = "map50"
    ) -> None:
        self.path, self.score = path, score
        self._columns = columns
        self._by_class = by_class
        self._classes = named_classes(by_class)
        self._file = _appending(path)
        self._flushed = time.monotonic()

    @classmethod
    def open(cls, path: str | Path, last: int = 0, score: str = "map50") -> TrainingHistory:
        """Go on after iteration `last`; rows beyond it are dropped, whole or not at all.

        A training that begins anew (last 0) leaves the old file as `<name>.1.csv`, `.2.csv`, ...
        """
        path = Path(path)
        columns = {name: array("d") for name in COLUMNS}
        by_class: ByClass = {}
        if path.exists() and path.stat().st_size:
            before = read_columns(path)
            if last:
                columns = up_to(before, last)
                by_class = {at: ap for at, ap in read_by_class(path).items() if at <= last}
            elif before["iteration"]:
                _set_aside(path)
        write_columns(path, columns, by_class, score)
        return cls(path, columns, by_class, score)

    @property
    def last(self) -> int:
        """Iteration of the last row, 0 before the first."""
        iterations = self._columns["iteration"]
        return int(iterations[-1]) if iterations else 0

    def add(
        self, step: Record, map50: float | None = None, classes: Mapping[str, float] | None = None
    ) -> None:
        """Append an iteration; it reaches the disk within about two seconds of training.

        classes: their average precisions by name, where they were measured.
        """
        row = self.note(step, map50, classes)
        if row:
            self._file.write(row)
        else:
            self.write_again()
        if time.monotonic() - self._flushed >= _FLUSH_SECONDS:
            self.flush()

    def note(
        self, step: Record, map50: float | None = None, classes: Mapping[str, float] | None = None
    ) -> str:
        """Append an iteration in memory only; gives its line in the file, or nothing where that
        has to be written again because there are new columns."""
        measured = math.nan if map50 is None else map50
        seconds = step.wait + step.compute
        always = (step.iteration, step.loss, step.average, step.rate, seconds, measured)
        known = {**step.parts, **step.quality, **dict(zip(COLUMNS, always, strict=True))}
        wider = self._new_classes(step.iteration, classes)
        if not known.keys() <= self._columns.keys():
            self._widen(step)
            wider = True
        values = [known.get(name, math.nan) for name in self._columns]
        for column, value in zip(self._columns.values(), values, strict=True):
            column.append(value)
        return "" if wider else row_text(values, self._classes, classes)

    def write_again(self) -> None:
        """The whole file anew, where it was lost or a row could not be written."""
        with contextlib.suppress(OSError):
            self._file.close()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_columns(self.path, self._columns, self._by_class, self.score)
        self._file = _appending(self.path)

    def flush(self) -> None:
        """Have what is in the buffer reach the file."""
        self._file.flush()
        self._flushed = time.monotonic()

    def to_disk(self) -> None:
        """Have all rows reach the disk, as what is saved after them will."""
        self.flush()
        os.fsync(self._file.fileno())

    def measured(self, map50: float, classes: Mapping[str, float] | None = None) -> None:
        """The last row's mAP, which its line in the file gets with `write_again`."""
        self._columns["map50"][-1] = map50
        self._new_classes(self.last, classes)

    def _new_classes(self, iteration: int, classes: Mapping[str, float] | None) -> bool:
        """Keep what was measured; whether there is a class that had no column."""
        if not classes:
            return False
        self._by_class[iteration] = dict(classes)
        new = [name for name in classes if name not in self._classes]
        self._classes += new
        return bool(new)

    def _widen(self, step: Record) -> None:
        """Have the columns that this iteration has; earlier ones are empty there."""
        parts = [name for name in self._columns if name not in (*COLUMNS, *QUALITY)]
        quality = [name for name in QUALITY if name in self._columns or name in step.quality]
        unknown = array("d", [math.nan]) * len(self._columns["iteration"])
        self._columns = {
            name: self._columns.get(name, unknown[:])
            for name in dict.fromkeys((*COLUMNS, *parts, *step.parts, *quality))
        }

    def read(self) -> Curves:
        """All iterations up to now."""
        return Curves.of(self._columns, self._by_class, self.score)

    def close(self) -> None:
        """Write what is still in the buffer; no rows can be added after it."""
        self._file.close()

    def __enter__(self) -> TrainingHistory:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _appending(path: Path) -> io.TextIOWrapper:
    try:
        return open(path, "a", encoding="utf-8", newline="")
    except OSError as problem:
        raise OutputError(f"{path}: the history cannot be written: {problem.strerror}") from None


def _set_aside(path: Path) -> None:
    numbered = (path.with_suffix(f".{number}{path.suffix}") for number in itertools.count(1))
    os.replace(path, next(free for free in numbered if not free.exists()))
