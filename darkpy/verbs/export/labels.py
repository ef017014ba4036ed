"""`darkpy export labels`: a data set's labels for other trainers, in a new folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from darkpy.cfg.data import read_data, read_names
from darkpy.data.dataset import read_dataset
from darkpy.errors import OutputError, UsageError, number_of
from darkpy.export.labels import WRITERS, Split, labellings
from darkpy.registry import did_you_mean

_LISTS = ("train", "valid")


def run(data: str, format: str, out: str) -> Iterator[object]:
    """Write train= and valid= of a data file; yields progress and what was written."""
    if format not in WRITERS:
        known = ", ".join(WRITERS)
        raise UsageError(
            f"darkpy export labels: unknown format '{format}'{did_you_mean(format, WRITERS)}; "
            f"there are {known}"
        )
    folder = Path(out)
    if folder.exists():
        raise OutputError.at(folder, None, "is there already; name a new folder")
    options = read_data(data)
    options.require("train", "names")
    names = read_names(options.file("names"))
    taken: set[str] = set()
    splits: list[Split] = []
    for which in _LISTS:
        if which == "train" or options.lines.get("valid"):
            path = options.resolve(getattr(options, which))
            dataset = read_dataset(path, options, len(names))
            yield from (str(finding) for finding in dataset.findings.items)
            splits.append((which, (yield from labellings(dataset, taken))))
    WRITERS[format](folder, names, splits)
    for which, pictures in splits:
        boxes = sum(len(one.classes) for one in pictures)
        yield f"{which}: {number_of(len(pictures), 'pictures')}, {number_of(boxes, 'boxes')}"
    yield f"{folder}: written as {format}, with links to the pictures"
