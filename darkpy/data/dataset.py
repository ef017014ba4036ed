"""A data set as flat arrays: paths, boxes and classes of all pictures, read once."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from darkpy.augment.made import Source
from darkpy.cfg.data import DataOptions
from darkpy.data.difficult import read_difficult
from darkpy.data.labels import (
    ANY_CLASS,
    NO_TRACK,
    BadRow,
    darknet_label_path,
    ignored_path,
    label_paths,
    said,
)
from darkpy.data.listing import read_listing
from darkpy.data.tables import BoxTable, box_table, offsets_of, read_first, read_rows
from darkpy.errors import Finding, Findings
from darkpy.files import replacing

_CHUNK = 128  # pictures whose labels one thread reads in one go
_THREADS = 8
_TRACKED = 2**12  # pictures, and boxes of one, whose numbers differ: float32 holds its square


class LabelCounts(NamedTuple):
    """How many pictures have boxes, have a label file without any, have no label file."""

    labelled: int
    empty: int
    missing: int


@dataclass(frozen=True, eq=False)
class Dataset(BoxTable):
    """P pictures and their objects.

    ignored: boxes of what is not judged, class -1 for any, from the .ign files. difficult: objects
    that need not be found. labels: the counts. unlabelled: numbers of the pictures without a label
    file. missing: pictures of the list that do not exist. bad_rows: label rows that are wrong.
    findings: all that is worth a remark. tracks (R,): which thing each box is of, for a network
    that compares them; None where nobody asks.
    """

    source: str
    ignored: BoxTable
    labels: LabelCounts
    unlabelled: np.ndarray
    missing: tuple[str, ...]
    bad_rows: tuple[BadRow, ...]
    findings: Findings
    path_bytes: bytes
    path_offsets: np.ndarray
    difficult: BoxTable | None = None
    tracks: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def path(self, i: int) -> str:
        """Path of picture i."""
        return os.fsdecode(self.path_bytes[self.path_offsets[i] : self.path_offsets[i + 1]])

    @property
    def content(self) -> tuple[bytes | np.ndarray, ...]:
        """What tells this list and its labels from any other."""
        ignored = self.ignored
        own = self.path_bytes, self.offsets, self.boxes, self.classes
        return (*own, ignored.boxes, ignored.classes, ignored.offsets)

    def described(self, i: int, pixels: np.ndarray) -> Source:
        """Picture i for a recipe, with its boxes: rows (M, 5), or 6 with the track."""
        rows = self.rows(i)
        if self.tracks is not None:
            own = slice(self.offsets[i], self.offsets[i + 1])
            rows = np.column_stack((rows, self.tracks[own]))
        return Source(i, pixels, rows, self.ignored.rows(i))

    def truths(self, i: int) -> tuple[np.ndarray, np.ndarray]:
        """Boxes (M, 4) and classes (M,) of picture i, views."""
        return self.of(i)


def read_dataset(
    list_path: str | Path, data: DataOptions, classes: int, *, tracks: bool = False
) -> Dataset:
    """Read a list file and the labels of its pictures; `classes` is the number of the network's.

    Missing pictures are left out, missing label files count as no objects, and bad rows follow
    `parse_rows`; all of it is in `findings`. The list of valid= comes with its difficult objects.
    tracks: whether it matters which thing a box is of. DataError if no picture exists.
    """
    listing = read_listing(list_path, data.folder)
    pictures = listing.pictures
    chunks = [pictures[at : at + _CHUNK] for at in range(0, len(pictures), _CHUNK)]
    with ThreadPoolExecutor(_THREADS) as pool:
        parts = list(pool.map(lambda chunk: _read_labels(chunk, classes), chunks))
    objects = box_table([part.rows for part in parts], [part.counts for part in parts])
    counts = np.concatenate([part.counts for part in parts])
    unlabelled = np.flatnonzero(counts < 0)
    labels = LabelCounts(
        labelled=int((counts > 0).sum()),
        empty=int((counts == 0).sum()),
        missing=len(unlabelled),
    )
    names = [os.fsencode(path) for path in pictures]
    findings, judged = listing.findings, _is_judged(list_path, data)
    bad_rows = tuple(row for part in parts for row in part.bad)
    findings.items += [
        Finding(row.path, row.line or None, "warning", text) for row, text in said(bad_rows)
    ]
    if labels.missing:
        findings.warning(listing.source, None, _unlabelled(labels, pictures[unlabelled[0]]))
    return Dataset(
        source=listing.source,
        boxes=objects.boxes,
        classes=objects.classes,
        offsets=objects.offsets,
        ignored=_ignored(parts, findings, listing.source),
        labels=labels,
        unlabelled=unlabelled,
        missing=tuple(listing.missing),
        bad_rows=bad_rows,
        findings=findings,
        path_bytes=b"".join(names),
        path_offsets=offsets_of([len(name) for name in names]),
        difficult=read_difficult(listing, data, classes) if judged else None,
        tracks=_tracks(parts, objects.offsets) if tracks else None,
    )


def _tracks(parts: list[_Labels], offsets: np.ndarray) -> np.ndarray:
    """(R,) float32: the track ids of the labels, and numbers for boxes without one.

    A box without one is the same thing only where its picture is seen again: read_boxes(),
    Darknet's src/data.c, which makes them from the label file's name and the row. Large numbers
    meet again after so many pictures, which float32 asks for.
    """
    picture = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    row = np.arange(len(picture)) - offsets[picture]
    made = (picture % (_TRACKED - 1) + 1) * _TRACKED + row % _TRACKED
    known = np.array([track for part in parts for track in part.tracks], np.int64)
    return np.where(known == NO_TRACK, made, known % _TRACKED**2).astype(np.float32)


def _is_judged(list_path: str | Path, data: DataOptions) -> bool:
    """Whether the list of difficult= goes with this one."""
    return bool(data.difficult) and Path(list_path) == data.resolve(data.valid)


def write_bad_lists(dataset: Dataset, folder: str | Path, broken: Iterable[str] = ()) -> list[Path]:
    """Write bad.list and bad_label.list as Darknet does; -> the files written.

    bad.list holds pictures that are missing or `broken` and label files that are missing;
    bad_label.list holds the bad rows. A list without entries is not written. OutputError if the
    folder cannot be written to.
    """
    unlabelled = (darknet_label_path(dataset.path(i)) for i in dataset.unlabelled)
    lists = {
        "bad.list": [*dataset.missing, *broken, *unlabelled],
        "bad_label.list": [f"{row.path} {row.words}" for row in dataset.bad_rows],
    }
    written = []
    for name, lines in lists.items():
        if not lines:
            continue
        path = Path(folder) / name
        with replacing(path) as file:
            file.writelines(os.fsencode(line) + b"\n" for line in lines)
        written.append(path)
    return written


class _Labels(NamedTuple):
    """Labels of some pictures, and what is not judged there; a count of -1 is a missing file.

    tracks: track ids of the rows, NO_TRACK without one.
    """

    rows: np.ndarray
    counts: np.ndarray
    ignored: np.ndarray
    ignored_counts: np.ndarray
    bad: list[BadRow]
    tracks: list[int]


def _read_labels(pictures: list[str], classes: int) -> _Labels:
    bad: list[BadRow] = []
    found = [read_first(label_paths(picture), bad) for picture in pictures]
    beside = [
        (path,) if path else label_paths(picture)
        for picture, (_, path) in zip(pictures, found, strict=True)
    ]
    ignored = [read_first(map(ignored_path, paths), bad) for paths in beside]
    tracks: list[int] = []
    rows, counts = read_rows(found, classes, 0, bad, tracks)
    return _Labels(rows, counts, *read_rows(ignored, classes, ANY_CLASS, bad), bad, tracks)


def _ignored(parts: list[_Labels], findings: Findings, source: str) -> BoxTable:
    """What is not judged; how many boxes there are is noted."""
    rows, counts = [part.ignored for part in parts], [part.ignored_counts for part in parts]
    table = box_table(rows, counts)
    if len(table.classes):
        note = f"{len(table.classes)} ignored boxes: what lies in them is not judged"
        findings.note(source, None, note)
    return table


def _unlabelled(labels: LabelCounts, example: str) -> str:
    places = " or ".join(label_paths(example))
    return (
        f"{labels.labelled} pictures labelled, {labels.empty} with an empty label file, "
        f"{labels.missing} without one, which count as pictures without objects "
        f"(the first: {example}, looked for {places})"
    )
