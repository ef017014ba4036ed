"""Pictures whose class is said by their own path, as Darknet's classifiers have them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from darkpy.augment.made import Source
from darkpy.augment.truths import EMPTY
from darkpy.cfg.data import DataOptions
from darkpy.data.listing import Listing, read_listing
from darkpy.errors import DataError, Findings

UNKNOWN = -1
_ALIKE_SHOWN = 3


@dataclass(frozen=True)
class ClassList:
    """P pictures. classes: (P,) int64 of their classes, -1 where no label is in the path."""

    source: str
    paths: tuple[str, ...]
    classes: np.ndarray
    findings: Findings

    def __len__(self) -> int:
        return len(self.paths)

    def path(self, i: int) -> str:
        """Path of picture i."""
        return self.paths[i]


@dataclass(frozen=True)
class ClassDataset:
    """P pictures to learn K classes from.

    named: the labels that each path contains, which is one where all is well. wanted: (P, K)
    float32. missing: pictures of the list that do not exist.
    """

    source: str
    paths: tuple[str, ...]
    named: tuple[tuple[int, ...], ...]
    wanted: np.ndarray
    missing: tuple[str, ...]
    findings: Findings
    # What a list of boxes has besides, for bad.list.
    unlabelled: tuple[int, ...] = ()
    bad_rows: tuple = ()

    def __len__(self) -> int:
        return len(self.paths)

    def path(self, i: int) -> str:
        """Path of picture i."""
        return self.paths[i]

    @property
    def content(self) -> tuple[bytes, ...]:
        """What tells this list from any other."""
        return b"\n".join(map(os.fsencode, self.paths)), self.wanted.tobytes()

    def described(self, i: int, pixels: np.ndarray) -> Source:
        """Picture i for a recipe."""
        return Source(i, pixels, EMPTY, EMPTY, self.wanted[i])


def read_class_list(list_path: str | Path, data: DataOptions, labels: Sequence[str]) -> ClassList:
    """Read a list; a picture is of the first class whose label its path contains.

    That is validate_classifier_single()'s rule, src/classifier.c: `n02084071` in
    `train/n02084071_12.JPEG`, and `cat` in `concatenate.png`, which is why paths with several
    labels are told. DataError if no picture is of any class.
    """
    listing = read_listing(list_path, data.folder)
    inside = _inside(listing, labels)
    classes = np.array([found[0] if found else UNKNOWN for found in inside], np.int64)
    _tell_unknown(listing, inside, "they count as not found")
    _tell_several(listing, inside, labels, "the first of them counts")
    return ClassList(listing.source, tuple(listing.pictures), classes, listing.findings)


def read_class_dataset(
    list_path: str | Path,
    data: DataOptions,
    labels: Sequence[str],
    smoothing: float,
    *,
    unsupervised: bool = False,
) -> ClassDataset:
    """Read a list to learn from: fill_truth_smooth(), Darknet's src/data.c.

    smoothing: a label in the path is wanted with 1-smoothing, every other with
    smoothing/(K-1). unsupervised: every picture has the class of its place in the list, one after
    the other. DataError if no picture is of any class.
    """
    listing = read_listing(list_path, data.folder)
    if unsupervised:
        return _by_place(listing, len(labels))
    inside = _inside(listing, labels)
    others = smoothing / max(1, len(labels) - 1)
    wanted = np.full((len(inside), len(labels)), others, np.float32)
    for row, found in zip(wanted, inside, strict=True):
        row[list(found)] = 1 - smoothing
    _tell_unknown(listing, inside, "nothing is wanted of them, as in Darknet: leave them out")
    _tell_several(listing, inside, labels, "all of them are wanted, as in Darknet")
    return ClassDataset(
        source=listing.source,
        paths=tuple(listing.pictures),
        named=inside,
        wanted=wanted,
        missing=tuple(listing.missing),
        findings=listing.findings,
    )


def _by_place(listing: Listing, classes: int) -> ClassDataset:
    """Classes that only tell pictures apart: load_labels_paths(), which takes them from where a
    path lies in memory."""
    places = np.arange(len(listing.pictures)) % classes
    return ClassDataset(
        source=listing.source,
        paths=tuple(listing.pictures),
        named=tuple((int(place),) for place in places),
        wanted=np.eye(classes, dtype=np.float32)[places],
        missing=tuple(listing.missing),
        findings=listing.findings,
    )


def _inside(listing: Listing, labels: Sequence[str]) -> tuple[tuple[int, ...], ...]:
    """The labels that each path contains."""
    return tuple(
        tuple(k for k, label in enumerate(labels) if label in path) for path in listing.pictures
    )


def _tell_several(
    listing: Listing, inside: Sequence[Sequence[int]], labels: Sequence[str], then: str
) -> None:
    several = [i for i, found in enumerate(inside) if len(found) > 1]
    if not several:
        return
    first = several[0]
    named = ", ".join(labels[k] for k in inside[first][:_ALIKE_SHOWN])
    listing.findings.warning(
        listing.source,
        None,
        f"{len(several)} of {len(inside)} paths contain several labels, such as "
        f"{listing.pictures[first]} ({named}): {then}",
    )


def _tell_unknown(listing: Listing, inside: Sequence[Sequence[int]], then: str) -> None:
    unknown = [i for i, found in enumerate(inside) if not found]
    if not unknown:
        return
    first = listing.pictures[unknown[0]]
    if len(unknown) == len(inside):
        raise DataError.at(
            listing.source,
            None,
            f"no path contains a label of labels=, such as {first}: whose class is it?",
        )
    message = f"{len(unknown)} of {len(inside)} paths contain no label, such as {first}"
    listing.findings.warning(listing.source, None, f"{message}: {then}")
