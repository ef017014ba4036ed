"""Objects that need not be found: Darknet's list of pictures in difficult= of a .data file."""

from __future__ import annotations

import os

import numpy as np

from darkpy.cfg.data import DataOptions
from darkpy.data.labels import BadRow, darknet_label_path, label_paths, said
from darkpy.data.listing import Listing, entries
from darkpy.data.tables import BoxTable, box_table, read_first, read_rows
from darkpy.errors import DataError, Finding


def read_difficult(listing: Listing, data: DataOptions, classes: int) -> BoxTable:
    """The difficult objects of each picture of valid=, from the list that difficult= names.

    Line i of that list belongs to line i of `listing`: the label file of its picture, which itself
    need not exist, holds the difficult objects. What is odd goes to the findings of `listing`.
    DataError if the two are not equally long. validate_detector_map(), Darknet's src/detector.c.
    """
    path = data.resolve(data.difficult)
    lines = [text for _, text in entries(path)]
    listed = [text for _, text in entries(listing.source)]
    if len(lines) != len(listed):
        raise DataError.at(
            path,
            None,
            f"difficult= has {len(lines)} pictures, but {listing.source} has {len(listed)}; line "
            "by line one stands for the other",
        )
    bad: list[BadRow] = []
    bases = list(dict.fromkeys(("", os.path.dirname(path), str(data.folder))))
    kept = _kept(lines, listed, listing.missing)
    found = [read_first(_places(text, bases), bad) for text in kept]
    rows, counts = read_rows(found, classes, 0, bad)
    findings = listing.findings
    findings.items += [
        Finding(row.path, row.line or None, "warning", text) for row, text in said(bad)
    ]
    missing = np.flatnonzero(counts < 0)
    if len(missing):
        first = darknet_label_path(kept[missing[0]])
        message = f"{len(missing)} of {len(kept)} pictures have no label file, such as {first}"
        findings.warning(path, None, message)
    return box_table([rows], [counts])


def _kept(lines: list[str], listed: list[str], missing_ones: list[str]) -> list[str]:
    """The lines that stand for pictures which exist."""
    missing = iter(missing_ones)
    lost = next(missing, None)
    kept = []
    for line, text in zip(lines, listed, strict=True):
        if text == lost:
            lost = next(missing, None)
        else:
            kept.append(line)
    return kept


def _places(text: str, bases: list[str]) -> list[str]:
    """Where the labels of a line may lie."""
    return [place for base in bases for place in label_paths(os.path.join(base, text))]
