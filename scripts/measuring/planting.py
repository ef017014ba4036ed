"""A copy of a data set with label errors in known places, and which of them an audit found."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from darkpy.boxes import iou
from darkpy.data.labels import label_paths, parse_rows

KINDS = ("missing", "class", "place", "duplicate")
_MISPLACED = (0.3, 0.6)  # IoU of a badly placed box with the right one
_SAME = 0.5  # IoU of a place that was told and one that was planted
_ANY = 2**31 - 1  # classes


@dataclass(frozen=True)
class Planted:
    """An error: picture's name, kind, the row as it was and as it is (5,) class cx cy w h."""

    picture: str
    kind: str
    was: np.ndarray
    now: np.ndarray


def plant(pictures: Sequence[str], folder: Path, classes: int, each: int, seed: int) -> list:
    """Link pictures into a folder, copy their labels and plant errors, one a picture at most.

    each: how many of each kind. Names of pictures must differ.
    """
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    rows = {Path(path).name: _rows(path) for path in pictures}
    assert len(rows) == len(pictures), "two pictures have one name"
    labelled = [name for name, own in rows.items() if len(own)]
    planted = []
    for number, at in enumerate(rng.permutation(len(labelled))[: each * len(KINDS)]):
        name, kind = labelled[at], KINDS[number % len(KINDS)]
        rows[name], was, now = _spoilt(rows[name], kind, classes, rng)
        planted.append(Planted(name, kind, was, now))
    for path in pictures:
        link = folder / Path(path).name
        link.unlink(missing_ok=True)
        link.symlink_to(Path(path).resolve())
        lines = (f"{int(k)} {' '.join(f'{v:.6f}' for v in box)}\n" for k, *box in rows[link.name])
        link.with_suffix(".txt").write_text("".join(lines))
    return planted


def _rows(picture: str) -> np.ndarray:
    path = next((each for each in label_paths(picture) if Path(each).is_file()), None)
    rows = parse_rows(Path(path).read_bytes(), path, _ANY)[0] if path else []
    return np.array(rows, dtype=np.float64).reshape(-1, 5)


def _spoilt(
    rows: np.ndarray, kind: str, classes: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows (M, 5) with an error in one of them, and that one before and after."""
    at = int(rng.integers(len(rows)))
    was, rows = rows[at].copy(), rows.copy()
    if kind == "missing":
        return np.delete(rows, at, axis=0), was, was
    if kind == "class":
        rows[at, 0] = (was[0] + rng.integers(1, classes)) % classes
    elif kind == "place":
        rows[at, 1:] = _misplaced(was[1:], rng)
    else:
        twin = was.copy()
        twin[1:3] += rng.uniform(-0.03, 0.03, 2) * was[3:]
        twin[3:] *= np.exp(rng.uniform(-0.04, 0.04, 2))
        rows = np.vstack((rows, twin))
        at = len(rows) - 1
    return rows, was, rows[at].copy()


def _misplaced(box: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A box (4,) moved by up to half its sides and made larger or smaller, in the picture."""
    while True:
        centre = box[:2] + rng.uniform(-0.5, 0.5, 2) * box[2:]
        half = box[2:] * np.exp(rng.uniform(-0.5, 0.5, 2)) / 2
        low, high = np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)
        moved = np.concatenate(((low + high) / 2, high - low))
        if _MISPLACED[0] <= _overlap(moved, box) <= _MISPLACED[1]:
            return moved


def _overlap(a: np.ndarray, b: np.ndarray) -> float:
    return float(iou(torch.from_numpy(a), torch.from_numpy(b)))


def found_in(table: Path, planted: Sequence[Planted], first: int) -> list[tuple[str, int]]:
    """The first rows of an audit.csv: the kind that was told, and the error's number or -1."""
    told = []
    with open(table, encoding="utf-8") as file:
        for row in list(csv.DictReader(file))[:first]:
            side = "" if row["cx"] else "found_"
            box = np.array([float(row[f"{side}{name}"]) for name in ("cx", "cy", "w", "h")])
            own = [
                number
                for number, error in enumerate(planted)
                if error.picture == Path(row["picture"]).name
                and max(_overlap(box, error.was[1:]), _overlap(box, error.now[1:])) > _SAME
            ]
            told.append((row["kind"], own[0] if own else -1))
    return told
