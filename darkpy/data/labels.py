"""Label files: `class cx cy w h` a row, in the unit square of the picture.

A file of the same name that ends in .ign has the same rows: the boxes of what is not judged, such
as crowds or things too small to tell. There class -1 means every class.
"""

from __future__ import annotations

import io
import math
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from darkpy.cfg.text import decode_text
from darkpy.errors import number_of

# In this order, each once: replace_image_to_label(), Darknet's src/utils.c.
_FOLDERS = (
    ("/images/train2017/", "/labels/train2017/"),
    ("/images/val2017/", "/labels/val2017/"),
    ("/JPEGImages/", "/labels/"),
    ("/images/train2014/", "/labels/train2014/"),
    ("/images/val2014/", "/labels/val2014/"),
)
_ROW = "a row is: class cx cy w h"
_VALUES = 5
IGNORED_SUFFIX = ".ign"
ANY_CLASS = -1  # in an .ign file
NO_TRACK = -1  # of a row without a sixth number
_POLYGON = 7  # class and three corners
_BOX_AROUND = "is a polygon: the box around it is used, where the C program stops reading"
_CONFIDENCE = (
    "has a sixth number, a confidence by its look, which is left out: are these labels what a "
    "network found?"
)
_FAR = 1e6  # pictures; a longer side is no box that hangs over the border
_PIXELS = 2.0  # a centre beyond this was hardly meant as a share of the picture


@dataclass(frozen=True)
class BadRow:
    """A row that cannot be used as it stands.

    words: what Darknet writes into bad_label.list. kept: it is used all the same. once: what is
    to be said once for all rows of a data set that are so; count: how many rows of the file are.
    """

    path: str
    line: int
    reason: str
    fix: str
    words: str
    kept: bool = False
    once: str = ""
    count: int = 1

    def __str__(self) -> str:
        return f"{self.reason}; {self.fix}"


def said(bad: Iterable[BadRow]) -> list[tuple[BadRow, str]]:
    """Rows with what there is to say of each; what is said once stands at the first of its kind."""
    counts: Counter[str] = Counter()
    first: dict[str, BadRow] = {}
    lines = []
    for row in bad:
        if row.once:
            counts[row.once] += row.count
            first.setdefault(row.once, row)
        else:
            lines.append((row, str(row)))
    several = {once: f" (so in {n} rows)" if n > 1 else "" for once, n in counts.items()}
    return [(row, f"the row {once}{several[once]}") for once, row in first.items()] + lines


class _BadValues(ValueError):
    """Reason, remedy and Darknet's words for one row."""


def darknet_label_path(picture: str) -> str:
    """Where Darknet looks for the labels of a picture.

    >>> darknet_label_path("/coco/images/train2017/1.jpg")
    '/coco/labels/train2017/1.txt'
    """
    for images, labels in _FOLDERS:
        picture = picture.replace(images, labels, 1)
    return os.path.splitext(picture)[0] + ".txt"


def label_paths(picture: str) -> tuple[str, ...]:
    """Where the labels of a picture may be: Darknet's place, then /images/ -> /labels/."""
    first = darknet_label_path(picture)
    head, found, tail = f"/{picture}".rpartition("/images/")
    if not found:
        return (first,)
    second = os.path.splitext(f"{head}/labels/{tail}"[1:])[0] + ".txt"
    return (first,) if second == first else (first, second)


def ignored_path(label_path: str) -> str:
    """Where the boxes lie that are not judged: beside the labels.

    >>> ignored_path("labels/1.txt")
    'labels/1.ign'
    """
    return os.path.splitext(label_path)[0] + IGNORED_SUFFIX


def parse_clean(
    files: list[bytes], classes: int, lowest: int = 0
) -> tuple[np.ndarray, list[int]] | None:
    """All rows of several label files, (R, 5) float64 class cx cy w h, and how many each has.

    The fast way for files without a fault: None if any row is not five good numbers. lowest:
    the smallest class number there is.
    """
    counts = [_lines(raw) for raw in files]
    if not any(counts):
        return np.empty((0, _VALUES)), counts
    try:
        text = io.StringIO(b"\n".join(files).decode())
        rows = np.loadtxt(text, comments=None, ndmin=2)
    except ValueError:
        return None
    if rows.shape != (sum(counts), _VALUES):
        return None
    numbers, shares = rows[:, 0], rows[:, 1:]
    known = (numbers >= lowest) & (numbers < classes) & (numbers == np.trunc(numbers))
    good = known.all() and ((shares > 0) & (shares <= 1)).all()
    return (rows, counts) if good else None


def _lines(raw: bytes) -> int:
    text = raw.strip()
    return text.count(b"\n") + 1 if text else 0


def parse_rows(
    raw: bytes, path: str, classes: int, lowest: int = 0, tracks: list[int] | None = None
) -> tuple[list[list[float]], list[BadRow]]:
    """Rows of a label file -> class cx cy w h each, and those rows that are wrong.

    A sixth number is a track id, which is added to `tracks`, or a confidence, and more are the
    corners of a polygon, which becomes the box around it. Darknet stops reading at a row that is
    not five numbers; here only such a row is left out. Sides above 1 stay as they are: Darknet
    measures mAP with them, and its training cuts every box at the border of the picture.
    """
    rows: list[list[float]] = []
    bad: list[BadRow] = []
    odd: dict[str, list[int]] = {}
    for number, line in enumerate(decode_text(raw).replace("\x00", "").splitlines(), start=1):
        tokens = line.split()
        if not tokens:
            continue
        try:
            row = _numbers(tokens)
            _check(row, classes, lowest)
        except _BadValues as problem:
            bad.append(BadRow(path, number, *problem.args))
            continue
        rows.append(row)
        if tracks is not None:
            tracks.append(_track(tokens))
        bad += [BadRow(path, number, *words, kept=True) for words in _oversize(row)]
        if len(tokens) > _VALUES and (once := _oddity(tokens)):
            odd.setdefault(once, []).append(number)
    for once, numbers in odd.items():
        words = f"{len(numbers)} rows of more than {_VALUES} values"
        reason = f"Wrong annotation: {words}"
        bad.append(BadRow(path, numbers[0], words, _ROW, reason, True, once, len(numbers)))
    return rows, bad


def _oddity(tokens: list[str]) -> str:
    """What there is to say of a row that is used though it has more than five values."""
    if len(tokens) > _VALUES + 1:
        return _BOX_AROUND
    return _CONFIDENCE if "." in tokens[_VALUES] else ""


def _track(tokens: list[str]) -> int:
    """The track id of a row of these, NO_TRACK without one."""
    sixth = tokens[_VALUES] if len(tokens) == _VALUES + 1 else ""
    return int(sixth) if sixth.isdecimal() else NO_TRACK


def _numbers(tokens: list[str]) -> list[float]:
    """Class cx cy w h of a row of these, with a number more or not, or of a polygon's corners."""
    polygon = len(tokens) >= _POLYGON and len(tokens) % 2 == 1
    if len(tokens) not in (_VALUES, _VALUES + 1) and not polygon:
        reason = f"{number_of(len(tokens), 'values')}"
        fix = "blanks part the values, not commas" if "," in tokens[0] else _ROW
        raise _BadValues(reason, fix, f"Wrong annotation: {reason}")
    row = []
    for token in tokens if polygon else tokens[:_VALUES]:
        try:
            row.append(float(token))
        except ValueError:
            fix = "write a point, not a comma" if "," in token else _ROW
            reason = f"'{token[:20]}' is not a number"
            raise _BadValues(reason, fix, f"Wrong annotation: {reason}") from None
    return _around(row) if polygon else row


def _around(row: list[float]) -> list[float]:
    """Class x y x y ... -> class cx cy w h of the box around the corners.

    >>> _around([2, 0.25, 0.25, 0.75, 0.25, 0.5, 0.5])
    [2, 0.5, 0.375, 0.5, 0.25]
    """
    left, right = min(row[1::2]), max(row[1::2])
    top, bottom = min(row[2::2]), max(row[2::2])
    return [row[0], (left + right) / 2, (top + bottom) / 2, right - left, bottom - top]


def _check(row: list[float], classes: int, lowest: int) -> None:
    """_BadValues for a row that Darknet skips; fill_truth_detection(), src/data.c."""
    c, x, y, w, h = row
    if not (c.is_integer() and lowest <= c < classes):
        raise _BadValues(
            f"class {c:g} does not exist",
            f"classes={classes} allows {lowest} to {classes - 1}",
            f"Wrong annotation: class_id = {c:g}. "
            f"But class_id should be [from {lowest} to {classes - 1}]",
        )
    if x == 0 and y == 0:
        fix = "give the middle of the box, or delete the row"
        raise _BadValues("the centre is 0 0", fix, "Wrong annotation: x = 0 or y = 0")
    if not (0 < x <= 1 and 0 < y <= 1):
        pixels = max(x, y) > _PIXELS
        fix = "divide pixels by the sides of the picture" if pixels else "cx, cy lie in (0, 1]"
        words = f"Wrong annotation: x = {x:f}, y = {y:f}"
        raise _BadValues(f"the centre {x:g} {y:g} is outside the picture", fix, words)
    words = f"Wrong annotation: w = {w:f}, h = {h:f}"
    if _FAR < max(w, h) < math.inf:
        raise _BadValues(f"the box of {w:g} x {h:g} pictures", "w, h lie in (0, 1]", words)
    if not (0 < w < math.inf and 0 < h < math.inf):
        raise _BadValues(f"the box is empty, {w:g} x {h:g}", "w, h lie in (0, 1]", words)


def _oversize(row: list[float]) -> list[tuple[str, str, str]]:
    """Reason, remedy and words for each side that is longer than the picture's."""
    fix = "w, h lie in (0, 1]; the box is cut at the border"
    return [
        (f"{name}={side:g} is longer than the picture", fix, f"Wrong annotation: {name} = {side:f}")
        for name, side in zip("wh", row[3:], strict=True)
        if side > 1
    ]
