"""What `detector audit` leaves: a table, contact sheets, and a folder to mend the labels in."""

from __future__ import annotations

import csv
import functools
import io
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from darkpy.data.dataset import Dataset
from darkpy.data.labels import label_paths
from darkpy.data.pictures import read_picture, write_picture
from darkpy.errors import OutputError
from darkpy.files import writable_folder, write_text
from darkpy.metrics.suspects import ADVICE, Boxed, Suspect
from darkpy.metrics.suspicion import KINDS
from darkpy.view.accused import sheets

_BOX = ("class", "name", "cx", "cy", "w", "h")
_HEAD = (
    *("rank", "score", "kind", "advice", "picture"),
    *_BOX,
    *(f"found_{name}" for name in _BOX),
    "found_probability",
)
_CHANNELS = 3
_READ = 8  # pictures kept, for several places of one


def write_table(path: Path, places: Sequence[Suspect], names: Sequence[str]) -> None:
    """audit.csv: a row a place; what is found beside what is labelled, empty where there is none.

    Boxes are cx cy w h in the unit square, as a label file has them.
    """
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(_HEAD)
    for place in places:
        found = _cells(place.found, names)
        prob = f"{place.found.prob:.4f}" if place.found else ""
        about = [place.rank, f"{place.score:.4f}", place.kind, ADVICE[place.kind], place.picture]
        rows.writerow([*about, *_cells(place.label, names), *found, prob])
    write_text(path, text.getvalue())


def _cells(one: Boxed | None, names: Sequence[str]) -> list[str]:
    if one is None:
        return [""] * len(_BOX)
    return [str(one.number), names[one.number], *(f"{value:.6f}" for value in one.box)]


def write_sheets(
    folder: Path, places: Sequence[Suspect], names: Sequence[str], dataset: Dataset
) -> Iterator[Path]:
    """A contact sheet for every so many places of a kind; those of an earlier audit go."""
    writable_folder(folder, "-out")
    numbers = {dataset.path(number): number for number in range(len(dataset))}

    @functools.lru_cache(_READ)
    def read(path: str) -> np.ndarray:
        return read_picture(path, _CHANNELS)

    written = set()
    for kind in KINDS:
        own = [place for place in places if place.kind == kind]
        drawn = sheets(own, names, read, lambda path: dataset.truths(numbers[path]))
        for number, sheet in enumerate(drawn, start=1):
            path = folder / f"{kind}_{number}.jpg"
            write_picture(path, sheet)
            written.add(path)
            yield path
    _remove_old([path for kind in KINDS for path in folder.glob(f"{kind}_*.jpg")], written)


def write_review(folder: Path, places: Sequence[Suspect], names: Sequence[str]) -> tuple[Path, int]:
    """Pictures of the places with copies of their labels, the likeliest mistakes first.

    A picture is a link, or a copy where there can be none. The labels' originals stay as they
    are: whoever mends the copies takes them over himself. Returns the folder, which is a new one
    beside those that someone may have mended labels in, and how many pictures there are.
    """
    number, base = 1, folder
    while folder.exists():
        number += 1
        folder = base.with_name(f"{base.name}_{number}")
    writable_folder(folder, "-out")
    listed = []
    for path in dict.fromkeys(place.picture for place in places):
        new = _free(folder / os.path.basename(path))
        _link(path, new)
        label = next((each for each in label_paths(path) if os.path.isfile(each)), None)
        text = Path(label).read_bytes() if label else b""
        new.with_suffix(".txt").write_bytes(text)
        listed.append(str(new.absolute()))
    write_text(folder / "train.txt", "".join(f"{path}\n" for path in listed))
    for name in ("obj.names", "classes.txt"):
        write_text(folder / name, "".join(f"{each}\n" for each in names))
    return folder, len(listed)


def _link(path: str, new: Path) -> None:
    try:
        new.symlink_to(os.path.abspath(path))
    except OSError:
        try:
            shutil.copyfile(path, new)
        except OSError as problem:
            raise OutputError(f"{new}: cannot be written: {problem.strerror}") from None


def _free(path: Path) -> Path:
    """The path, or one with a number where another picture of the name lies there."""
    number, free = 1, path
    while free.with_suffix(".txt").exists():
        number += 1
        free = path.with_stem(f"{path.stem}_{number}")
    return free


def _remove_old(present: Sequence[Path], written: set[Path]) -> None:
    for path in present:
        if path not in written:
            path.unlink()
