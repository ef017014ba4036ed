"""Columns of numbers that grow in one thread and are read, thinned, in others."""

from __future__ import annotations

import math
import threading
from array import array
from collections.abc import Mapping

import numpy as np

_POINTS = 800  # of a curve in an answer: about one a pixel


class Series:
    """Rows of numbers by name; a name may come later, and is unknown (NaN) before that.

    key: the column that grows from row to row.
    """

    def __init__(self, key: str) -> None:
        self.key = key
        self._columns: dict[str, array] = {key: array("d")}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._columns[self.key])

    def add(self, row: Mapping[str, float]) -> None:
        """One more row."""
        with self._lock:
            for name in (name for name in row if name not in self._columns):
                self._columns[name] = array("d", [math.nan]) * len(self)
            for name, column in self._columns.items():
                column.append(row.get(name, math.nan))

    def extend(self, columns: Mapping[str, np.ndarray]) -> None:
        """Many rows at once, before the first one."""
        with self._lock:
            self._columns = {name: array("d", values.tolist()) for name, values in columns.items()}

    @property
    def span(self) -> tuple[float, float]:
        """First and last key; 0 and 0 of no rows."""
        with self._lock:
            keys = self._columns[self.key]
            return (keys[0], keys[-1]) if keys else (0.0, 0.0)

    def between(self, first: float, last: float) -> dict[str, np.ndarray]:
        """The rows whose key lies between these, both included, as arrays (R,) of their own."""
        with self._lock:
            keys = np.frombuffer(self._columns[self.key]) if len(self) else np.empty(0)
            begin, end = np.searchsorted(keys, first), np.searchsorted(keys, last, "right")
            del keys  # an array cannot grow while it is looked into
            return {n: np.array(column[begin:end]) for n, column in self._columns.items()}


def thinned_rows(key: str, columns: Mapping[str, np.ndarray]) -> dict[str, list[float | None]]:
    """At most `_POINTS` rows: means of equally many; None where nothing is known.

    `<name> low` and `<name> high` come with a column whose rows were joined and whose name is
    `loss`: single iterations spread widely.
    """
    rows = len(columns[key])
    starts = np.unique(np.linspace(0, rows, min(rows, _POINTS), endpoint=False, dtype=int))
    found: dict[str, list[float | None]] = {}
    for name, values in columns.items():
        values = np.where(np.isfinite(values), values, math.nan)
        if len(starts) == rows:
            found[name] = _plain(values)
            continue
        known = np.isfinite(values)
        counts = np.add.reduceat(known.astype(float), starts)
        sums = np.add.reduceat(np.where(known, values, 0.0), starts)
        with np.errstate(invalid="ignore", divide="ignore"):
            found[name] = _plain(sums / counts)
        if name == "loss":
            low = np.minimum.reduceat(np.where(known, values, math.inf), starts)
            high = np.maximum.reduceat(np.where(known, values, -math.inf), starts)
            found["loss low"], found["loss high"] = _plain(low), _plain(high)
    return found


def _plain(values: np.ndarray) -> list[float | None]:
    """Numbers for JSON, to six digits."""
    return [float(f"{v:.6g}") if math.isfinite(v) else None for v in values.tolist()]
