"""A folder of pictures with their labels beside them, as people have it before any list exists."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from darkpy.cfg.data import read_names
from darkpy.cfg.yaml_text import YAML_FILES, read_yaml, yaml_names
from darkpy.data.labels import BadRow, label_paths, parse_rows, said
from darkpy.data.picture_content import SUFFIXES
from darkpy.errors import DataError, first_of, number_of, place, shown_text

# Files that labelling programs leave beside or above the pictures.
NAMES_FILES = ("obj.names", "classes.txt", "classes.names", "_darknet.labels", "darknet.labels")
_CLASSES = 2**31 - 1  # allowed in labels where nobody said how many there are
_BAD_SHOWN = 5


@dataclass(frozen=True, eq=False)
class Labelled:
    """P pictures that have a label file, in the order of their paths.

    rows: (T, 5) class cx cy w h. owner: (T,) the picture of each. unlabelled: pictures without a
    label file. bad: rows that are left out.
    """

    paths: list[str]
    rows: np.ndarray
    owner: np.ndarray
    unlabelled: list[str]
    bad: list[BadRow]

    @property
    def folders(self) -> set[str]:
        """The folders that hold pictures."""
        return {os.path.dirname(path) for path in (*self.paths, *self.unlabelled)}

    def counts(self, classes: int) -> np.ndarray:
        """Objects of each class in each picture, (P, K)."""
        counts = np.zeros((len(self.paths), classes), dtype=np.int64)
        np.add.at(counts, (self.owner, self.rows[:, 0].astype(np.int64)), 1)
        return counts

    def only(self, kept: np.ndarray) -> Labelled:
        """The same with some of the pictures, (P,) bool."""
        number, mine = np.cumsum(kept) - 1, kept[self.owner]
        paths = [path for path, keep in zip(self.paths, kept, strict=True) if keep]
        rows, owner = self.rows[mine], number[self.owner[mine]]
        return Labelled(paths, rows, owner, self.unlabelled, self.bad)


def read_labelled(folder: str | Path) -> Labelled:
    """All pictures below a folder, and the rows of their labels, whatever their classes.

    DataError if the folder is missing, or holds no labelled picture.
    """
    pictures = _pictures(folder)
    paths, unlabelled, rows, owner, bad = [], [], [], [], []
    for picture in pictures:
        label = next((path for path in label_paths(picture) if os.path.isfile(path)), None)
        if label is None:
            unlabelled.append(picture)
            continue
        good, wrong = parse_rows(Path(label).read_bytes(), label, _CLASSES)
        owner += [len(paths)] * len(good)
        rows += good
        bad += wrong
        paths.append(picture)
    if not paths:
        raise DataError(
            f"{folder}: {number_of(len(pictures), 'pictures')}, but none has a label file; "
            f"{label_paths(pictures[0])[-1]} would be the first"
        )
    table = np.array(rows, dtype=np.float64).reshape(-1, 5)
    return Labelled(paths, table, np.array(owner, dtype=np.int64), unlabelled, bad)


def _pictures(folder: str | Path) -> list[str]:
    if not os.path.isdir(folder):
        raise DataError.at(folder, None, "there is no such folder")
    found = [
        os.path.join(place, name)
        for place, _, names in os.walk(folder)
        for name in names
        if name.lower().endswith(SUFFIXES)
    ]
    if not found:
        raise DataError.at(folder, None, f"no picture in or below it ({' '.join(SUFFIXES)})")
    return sorted(found)


def names_for(labelled: Labelled, folder: str | Path, named: str) -> tuple[tuple[str, ...], str]:
    """The class names, and where they come from.

    named: a file of names, the names with commas between them, or a number of classes; without it
    a file that labelling programs leave is looked for, and failing that the classes are numbered.
    DataError if a label has a class without a name.
    """
    most = int(labelled.rows[:, 0].max()) + 1 if len(labelled.rows) else 0
    if named.isdecimal() and not os.path.exists(named):
        names, source = _numbered(int(named)), f"-classes {named}"
    elif "," in named and not os.path.exists(named):
        names = tuple(map(shown_text, filter(None, map(str.strip, named.split(",")))))
        source = "-classes"
    else:
        path = named or _names_beside(labelled.folders, folder)
        names, source = (_read_names(path), str(path)) if path else (_numbered(most), "")
    if not names:
        raise DataError.at(folder, None, "no label holds an object; name the classes with -names")
    if most > len(names):
        raise DataError(
            f"{folder}: a label has class {most - 1}, but {source} allows 0 to {len(names) - 1}"
        )
    return names, source


def _read_names(path: str) -> tuple[str, ...]:
    """Class names of a names file, or of another trainer's data.yaml."""
    if path.lower().endswith((".yaml", ".yml")):
        return tuple(map(shown_text, yaml_names(read_yaml(path))))
    return read_names(path)


def _numbered(count: int) -> tuple[str, ...]:
    return tuple(f"class{number}" for number in range(count))


def _names_beside(folders: set[str], root: str | Path) -> str:
    """The first file of names in the pictures' folders, the root or the folder above it."""
    places = [*sorted(folders), str(root), os.path.dirname(os.path.abspath(root))]
    for folder in dict.fromkeys(places):
        present = sorted(os.listdir(folder or "."))
        known = [name for name in (*NAMES_FILES, *YAML_FILES) if name in present]
        others = [name for name in present if name.endswith(".names")]
        if known or len(others) == 1:
            return os.path.join(folder, (known or others)[0])
    return ""


def bad_rows_said(bad: Sequence[BadRow]) -> list[str]:
    """The first rows that are left out, and how many there are."""
    told = said(bad)
    lines = [f"{place(row.path, row.line)}: warning: {text}" for row, text in told]
    return list(first_of(lines, _BAD_SHOWN, "and {} more label rows like these"))
