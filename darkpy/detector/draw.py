"""`detector draw`: pictures with the boxes of their label files, to see what is trained on.

The C program's verb of this name changes a picture until its network sees what the mouse has
drawn on it; that needs CUDA and is left out.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from darkpy.cfg.data import DataOptions, read_data, read_names
from darkpy.data.labels import ignored_path, label_paths, parse_rows, said
from darkpy.data.listing import read_listing
from darkpy.data.pictures import read_picture, write_picture
from darkpy.errors import PictureError, number_of, place
from darkpy.events import Ended, Progress
from darkpy.files import writable_folder
from darkpy.flags.detector import DrawFlags
from darkpy.session.inputs import picture_paths
from darkpy.view.draw import draw_truths

_NETWORK = (".cfg", ".weights")  # what the C program is given too
_ANY_CLASS_NUMBER = 2**31 - 1


def run(data: str, input: list[str], **flags: Any) -> Iterator[object]:
    """Yield a line for each fault, and where the pictures are. flags: those of DrawFlags.

    input: pictures, folders, lists; those of train= where there are none.
    """
    asked = DrawFlags(**flags)
    options = read_data(data)
    yield from map(str, options.findings.items)
    names = read_names(options.file("names")) if options.names else ()
    paths = _paths(options, [word for word in input if not word.endswith(_NETWORK)])
    paths = paths[: asked.first] if asked.first else paths
    folder = writable_folder(asked.out, "the folder of the drawn pictures")
    status = boxes = 0
    taken: set[str] = set()
    for number, path in enumerate(paths, start=1):
        try:
            pixels = read_picture(path)
        except PictureError as problem:
            yield str(problem)
            status = problem.exit_status
            continue
        rows, ignored, remarks = _labels(path, len(names))
        yield from remarks
        boxes += len(rows)
        drawn = draw_truths(pixels, rows[:, 1:], rows[:, 0].astype(int), names, ignored)
        write_picture(folder / _free_name(path, taken), drawn)
        yield Progress("drawing", number, len(paths))
    yield f"{folder}: {number_of(len(taken), 'pictures')} with {number_of(boxes, 'boxes')}"
    if status:
        yield Ended(status)


def _paths(options: DataOptions, words: list[str]) -> list[str]:
    if words:
        return list(picture_paths(words))
    options.require("train")
    listing = read_listing(options.file("train"), options.folder)
    return listing.pictures + listing.missing


def _labels(picture: str, classes: int) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Rows class cx cy w h of a picture; cx cy w h class of what is not judged; remarks."""
    label = next((path for path in label_paths(picture) if os.path.isfile(path)), None)
    if label is None:
        return np.empty((0, 5)), np.empty((0, 5)), [f"{picture}: no label file"]
    rows, bad = parse_rows(Path(label).read_bytes(), label, classes or _ANY_CLASS_NUMBER)
    ignored: list[list[float]] = []
    aside = Path(ignored_path(label))
    if aside.is_file():
        ignored, more = parse_rows(aside.read_bytes(), str(aside), _ANY_CLASS_NUMBER, lowest=-1)
        bad += more
    others = np.array(ignored, dtype=float).reshape(-1, 5)
    remarks = [f"{place(row.path, row.line)}: {text}" for row, text in said(bad)]
    return np.array(rows, dtype=float).reshape(-1, 5), others[:, [1, 2, 3, 4, 0]], remarks


def _free_name(path: str, taken: set[str]) -> str:
    """A name for a drawn picture that no other one has."""
    stem, number = Path(path).stem, 1
    name = f"{stem}.jpg"
    while name in taken:
        number += 1
        name = f"{stem}_{number}.jpg"
    taken.add(name)
    return name
