"""Label files of many pictures as flat arrays."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from darkpy.data.labels import NO_TRACK, BadRow, parse_clean, parse_rows

_BLOCK = 2**16


@dataclass(frozen=True, eq=False)
class BoxTable:
    """R boxes of P pictures: boxes (R, 4) float32 cx cy w h, unit square, classes (R,) int64;
    those of picture i are offsets[i]:offsets[i+1], offsets (P+1,) int64."""

    boxes: np.ndarray
    classes: np.ndarray
    offsets: np.ndarray

    def of(self, i: int) -> tuple[np.ndarray, np.ndarray]:
        """Boxes (M, 4) and classes (M,) of picture i, views."""
        own = slice(self.offsets[i], self.offsets[i + 1])
        return self.boxes[own], self.classes[own]

    def rows(self, i: int) -> np.ndarray:
        """Boxes and classes of picture i as rows (M, 5) cx cy w h class, a view."""
        return self._rows[self.offsets[i] : self.offsets[i + 1]]

    @cached_property
    def _rows(self) -> np.ndarray:
        """(R, 5) float32, not to be written to."""
        rows = np.column_stack((self.boxes, self.classes.astype(np.float32)))
        rows.flags.writeable = False
        return rows


def read_rows(
    found: list[tuple[bytes, str]],
    classes: int,
    lowest: int,
    bad: list[BadRow],
    tracks: list[int] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Content and path of N files -> all rows (R, 5) and how many each has (N,), -1 for no file.

    What is wrong is added to `bad`, each row's track id, if it has one, to `tracks`.
    """
    clean = parse_clean([raw for raw, path in found if path], classes, lowest)
    if clean is None:
        parsed = [parse_rows(raw, path, classes, lowest, tracks) for raw, path in found if path]
        rows = np.array([row for rows, _ in parsed for row in rows]).reshape(-1, 5)
        clean = rows, [len(rows) for rows, _ in parsed]
        bad += [row for _, wrong in parsed for row in wrong]
    elif tracks is not None:
        tracks += [NO_TRACK] * len(clean[0])
    rows, sizes = clean
    counts = np.full(len(found), -1)
    counts[[i for i, (_, path) in enumerate(found) if path]] = sizes
    return rows, counts


def read_first(paths: Iterable[str], bad: list[BadRow]) -> tuple[bytes, str]:
    """Content and path of the first file that exists; an empty path if there is none."""
    for path in paths:
        try:
            return _content(path), path
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as problem:
            reason = f"cannot be read: {problem.strerror}"
            bad.append(BadRow(path, 0, reason, "give read permission", reason))
    return b"", ""


def _content(path: str) -> bytes:
    """All bytes of a small file, with as few calls of the system as will do."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        parts = [os.read(handle, _BLOCK)]
        while len(parts[-1]) == _BLOCK:
            parts.append(os.read(handle, _BLOCK))
    finally:
        os.close(handle)
    return b"".join(parts)


def box_table(rows: list[np.ndarray], counts: list[np.ndarray]) -> BoxTable:
    """Rows (R, 5) class cx cy w h and the pictures' counts, part after part."""
    joined = np.concatenate(rows)
    return BoxTable(
        boxes=joined[:, 1:].astype(np.float32),
        classes=joined[:, 0].astype(np.int64),
        offsets=offsets_of(np.maximum(np.concatenate(counts), 0)),
    )


def offsets_of(sizes: Iterable[int] | np.ndarray) -> np.ndarray:
    """Sizes (N,) -> where each begins and the last ends, (N+1,)."""
    return np.concatenate(([0], np.cumsum(np.asarray(sizes, dtype=np.int64))))
