"""Pictures whose class is said by their own path, as Darknet's classifiers have them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from darkpy.cfg.data import DataOptions
from darkpy.data.listing import read_listing
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


def read_class_list(list_path: str | Path, data: DataOptions, labels: Sequence[str]) -> ClassList:
    """Read a list; a picture is of the first class whose label its path contains.

    That is validate_classifier_single()'s rule, src/classifier.c: `n02084071` in
    `train/n02084071_12.JPEG`, and `cat` in `concatenate.png`, which is why paths with several
    labels are told. DataError if no picture is of any class.
    """
    listing = read_listing(list_path, data.folder)
    inside = [[k for k, label in enumerate(labels) if label in path] for path in listing.pictures]
    classes = np.array([found[0] if found else UNKNOWN for found in inside], np.int64)
    findings = listing.findings
    _tell_unknown(listing.source, listing.pictures, classes, findings)
    several = [i for i, found in enumerate(inside) if len(found) > 1]
    if several:
        first = several[0]
        named = ", ".join(labels[k] for k in inside[first][:_ALIKE_SHOWN])
        findings.warning(
            listing.source,
            None,
            f"{len(several)} of {len(inside)} paths contain several labels, such as "
            f"{listing.pictures[first]} ({named}): the first of them counts",
        )
    return ClassList(listing.source, tuple(listing.pictures), classes, findings)


def _tell_unknown(
    source: str, pictures: Sequence[str], classes: np.ndarray, findings: Findings
) -> None:
    unknown = np.flatnonzero(classes == UNKNOWN)
    if not len(unknown):
        return
    first = pictures[unknown[0]]
    if len(unknown) == len(pictures):
        raise DataError.at(
            source,
            None,
            f"no path contains a label of labels=, such as {first}: whose class is it?",
        )
    message = f"{len(unknown)} of {len(pictures)} paths contain no label, such as {first}"
    findings.warning(source, None, f"{message}: they count as not found")
