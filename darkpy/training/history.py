"""What a training leaves behind of every iteration: a CSV file that survives interruptions.

The file only ever grows while a training runs. When the training goes on from saved weights, the
rows after them are dropped first, so that a chart drawn from the file tells one story.
"""

from __future__ import annotations

import csv
import io
import itertools
import math
import os
import time
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from darkpy.errors import DataError, OutputError
from darkpy.files import replacing

_PARTS = ("box", "objectness", "classes")
_QUALITY = ("iou", "recall50", "recall75", "objects", "rewritten")
COLUMNS = ("iteration", "loss", "avg_loss", "rate", "seconds", "map50", *_PARTS, *_QUALITY)
_NEEDED = ("iteration", "loss", "avg_loss")
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

    map50 is in 0..1 and known only where it was measured. parts: box, objectness, classes.
    quality: iou, recall50 and recall75 of the boxes in charge of objects, objects, and rewritten,
    the objects that lost their box to another.
    """

    iterations: np.ndarray
    losses: np.ndarray
    averages: np.ndarray
    rates: np.ndarray
    seconds: np.ndarray
    map50: np.ndarray
    parts: Mapping[str, np.ndarray]
    quality: Mapping[str, np.ndarray] = field(default_factory=dict)

    @classmethod
    def of(cls, columns: Mapping[str, array]) -> Curves:
        """A copy of the growing columns."""
        arrays = {name: np.array(column) for name, column in columns.items()}
        parts = {name: arrays.pop(name) for name in _PARTS}
        quality = {name: arrays.pop(name) for name in _QUALITY}
        return cls(*arrays.values(), parts, quality)

    def __len__(self) -> int:
        return len(self.iterations)


def read_history(path: str | Path) -> Curves:
    """Read a history. A row that a crash cut short is left out.

    DataError if the file cannot be read or is no history of a training.
    """
    return Curves.of(_read(Path(path)))


class History:
    """The history of a running training, in its file and in memory.

    Use it as a context manager: leaving it writes what is still in the buffer.
    """

    def __init__(self, path: Path, columns: dict[str, array]) -> None:
        self.path = path
        self._columns = columns
        self._file = _appending(path)
        self._flushed = time.monotonic()

    @classmethod
    def open(cls, path: str | Path, last: int = 0) -> History:
        """Go on after iteration `last`; rows beyond it are dropped, whole or not at all.

        A training that begins anew (last 0) leaves the old file as `<name>.1.csv`, `.2.csv`, ...
        """
        path = Path(path)
        columns = {name: array("d") for name in COLUMNS}
        if path.exists() and path.stat().st_size:
            columns = _read(path)
            if columns["iteration"] and not last:
                _set_aside(path)
            columns = _up_to(columns, last)
        with replacing(path) as file:
            file.writelines(line.encode() for line in _lines(columns))
        return cls(path, columns)

    def add(self, step: Record, map50: float | None = None) -> None:
        """Append an iteration; it reaches the disk within about two seconds of training."""
        measured = math.nan if map50 is None else map50
        seconds = step.wait + step.compute
        values = [step.iteration, step.loss, step.average, step.rate, seconds, measured]
        values += [step.parts.get(name, math.nan) for name in _PARTS]
        values += [step.quality.get(name, math.nan) for name in _QUALITY]
        for column, value in zip(self._columns.values(), values, strict=True):
            column.append(value)
        self._file.write(_line(values))
        if time.monotonic() - self._flushed >= _FLUSH_SECONDS:
            self._file.flush()
            self._flushed = time.monotonic()

    def read(self) -> Curves:
        """All iterations up to now."""
        return Curves.of(self._columns)

    def close(self) -> None:
        """Write what is still in the buffer; no rows can be added after it."""
        self._file.close()

    def __enter__(self) -> History:
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


def _up_to(columns: dict[str, array], last: int) -> dict[str, array]:
    """The rows whose iteration is at most `last`."""
    kept = np.array(columns["iteration"]) <= last
    return {name: array("d", np.array(column)[kept].tolist()) for name, column in columns.items()}


def _read(path: Path) -> dict[str, array]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as problem:
        raise DataError.at(path, None, f"cannot be read: {problem.strerror}") from None
    # What follows the last line end was being written when the power went.
    whole = text[: text.rfind("\n") + 1]
    rows = csv.reader(io.StringIO(whole.replace("\x00", "")))
    header = [name.strip() for name in next(rows, [])]
    missing = [name for name in _NEEDED if name not in header]
    if missing:
        message = f"is no history of a training: the first line lacks {', '.join(missing)}"
        raise DataError.at(path, 1, f"{message}; move the file away or name another one")
    columns = {name: array("d") for name in COLUMNS}
    places = [header.index(name) if name in header else None for name in COLUMNS]
    for values in _values(rows, len(header), places):
        for name, value in zip(COLUMNS, values, strict=True):
            columns[name].append(value)
    return columns


def _values(
    rows: Iterable[list[str]], width: int, places: list[int | None]
) -> Iterator[list[float]]:
    """Rows as numbers in the order of COLUMNS; one that is damaged is left out."""
    for row in rows:
        if len(row) != width:
            continue
        texts = ("" if place is None else row[place] for place in places)
        try:
            yield [float(text) if text else math.nan for text in texts]
        except ValueError:
            continue


def _lines(columns: Mapping[str, array]) -> Iterator[str]:
    yield ",".join(COLUMNS) + "\n"
    for values in zip(*(columns[name] for name in COLUMNS), strict=True):
        yield _line(values)


def _line(values: Iterable[float]) -> str:
    """Numbers as text: iterations whole, the others to float32's precision, NaN as nothing."""
    iteration, *others = values
    texts = ("" if math.isnan(value) else f"{value:.9g}" for value in others)
    return f"{int(iteration)},{','.join(texts)}\n"
