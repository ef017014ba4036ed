"""The file of a history: columns of numbers as CSV, read whatever happened to it."""

from __future__ import annotations

import csv
import io
import itertools
import math
from array import array
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

from darkpy.errors import DataError
from darkpy.files import replacing
from darkpy.training.record import QUALITY

# Every history has these columns; those of the loss's parts follow, then those of `QUALITY`.
COLUMNS = ("iteration", "loss", "avg_loss", "rate", "seconds", "map50")
_NEEDED = ("iteration", "loss", "avg_loss")


# What is measured: the column's name in the file (in memory it always is map50), and how those
# columns begin that hold it by class; they are known only where it was measured.
SCORES = {"map50": "AP ", "top1": "top1 "}
_BY_CLASS = tuple(SCORES.values())
# Average precisions by iteration and name of the class: too few to be columns in memory.
ByClass = dict[int, dict[str, float]]


def write_columns(
    path: Path, columns: Mapping[str, array], by_class: ByClass, score: str = "map50"
) -> None:
    """Write the whole file anew, or leave the old one as it was. score: one of `SCORES`."""
    with replacing(path) as file:
        file.writelines(line.encode() for line in _lines(columns, by_class, score))


def score_of(path: Path) -> str:
    """Which of `SCORES` a file holds; that of detectors where it holds none."""
    with open(path, encoding="utf-8", errors="replace") as file:
        names = next(csv.reader(file), [])
    return next((name for name in SCORES if name in names), "map50")


def named_classes(by_class: ByClass) -> list[str]:
    """The classes that have a column, in its order."""
    return list(dict.fromkeys(name for values in by_class.values() for name in values))


def up_to(columns: dict[str, array], last: int) -> dict[str, array]:
    """The rows whose iteration is at most `last`."""
    kept = np.array(columns["iteration"]) <= last
    return {name: array("d", np.array(column)[kept].tolist()) for name, column in columns.items()}


_MOST_ITERATIONS = 2**31  # as many as the C program can count


def read_columns(path: Path) -> dict[str, array]:
    """The columns by name: those of `COLUMNS`, of parts, of `QUALITY`. DataError if it is none."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as problem:
        raise DataError.at(path, None, f"cannot be read: {problem.strerror}") from None
    # What follows the last line end was being written when the power went.
    whole = text[: text.rfind("\n") + 1].replace("\x00", "")
    header = [name.strip() for name in next(csv.reader(io.StringIO(whole)), [])]
    header = ["map50" if name in SCORES else name for name in header]
    missing = [name for name in _NEEDED if name not in header]
    if missing:
        message = f"is no history of a training: the first line lacks {', '.join(missing)}"
        raise DataError.at(path, 1, f"{message}; move the file away or name another one")
    names = [*COLUMNS, *_further(whole, header)]
    columns = {name: array("d") for name in names}
    places = [header.index(name) if name in header else None for name in names]
    for values in _values(_rows(whole), len(header), places):
        for name, value in zip(names, values, strict=True):
            columns[name].append(value)
    return columns


def _further(whole: str, header: list[str]) -> list[str]:
    """The columns besides those that every history has; one without any number is none."""
    further = (n for n in header if n and n not in COLUMNS and not n.startswith(_BY_CLASS))
    unsure = {name: header.index(name) for name in further}
    found = set()
    for row in _rows(whole):
        if len(row) != len(header):
            continue
        sure = {name for name, place in unsure.items() if _is_number(row[place])}
        found |= sure
        unsure = {name: place for name, place in unsure.items() if name not in sure}
        if not unsure:
            break
    parts = [name for name in header if name in found and name not in QUALITY]
    return [*parts, *(name for name in QUALITY if name in found)]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _rows(whole: str) -> Iterator[list[str]]:
    """The rows of the file's text after the first."""
    return itertools.islice(csv.reader(io.StringIO(whole)), 1, None)


def _values(
    rows: Iterable[list[str]], width: int, places: list[int | None]
) -> Iterator[list[float]]:
    """Rows as numbers; one that is damaged is left out."""
    for row in rows:
        if len(row) != width:
            continue
        texts = ("" if place is None else row[place] for place in places)
        try:
            values = [float(text) if text else math.nan for text in texts]
        except ValueError:
            continue
        if 0 <= values[0] < _MOST_ITERATIONS:  # the first column is the iteration
            yield values


def read_by_class(path: Path) -> ByClass:
    """The classes' average precisions of a file that `read_columns` can read."""
    text = path.read_text(encoding="utf-8", errors="replace")
    whole = text[: text.rfind("\n") + 1].replace("\x00", "")
    header = next(csv.reader(io.StringIO(whole)), [])
    places = {
        n.removeprefix(begin): at
        for at, n in enumerate(header)
        for begin in _BY_CLASS
        if n.startswith(begin)
    }
    found: ByClass = {}
    for row in _rows(whole) if places else ():
        if len(row) == len(header) and row[0].isdecimal():
            values = {name: row[at] for name, at in places.items() if _is_number(row[at])}
            if values:
                found[int(row[0])] = {name: float(text) for name, text in values.items()}
    return found


def _lines(columns: Mapping[str, array], by_class: ByClass, score: str) -> Iterator[str]:
    names = named_classes(by_class)
    header = io.StringIO()
    always = [score if name == "map50" else name for name in columns]
    by_name = [SCORES[score] + name for name in names]
    csv.writer(header, lineterminator="\n").writerow([*always, *by_name])
    yield header.getvalue()
    for values in zip(*columns.values(), strict=True):
        yield row_text(values, names, by_class.get(int(values[0]), {}))


def row_text(
    values: Iterable[float], classes: Iterable[str] = (), known: Mapping[str, float] | None = None
) -> str:
    """Numbers as text: iterations whole, the others to float32's precision, NaN as nothing.

    classes: those with a column; known: their average precisions, where they were measured.
    """
    iteration, *others = values
    others += [(known or {}).get(name, math.nan) for name in classes]
    texts = ("" if math.isnan(value) else f"{value:.9g}" for value in others)
    return f"{int(iteration)},{','.join(texts)}\n"
