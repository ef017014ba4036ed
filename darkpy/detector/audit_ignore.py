"""Places of an audit that are better not judged: suggested ignore boxes, and taking them over."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from darkpy.data.labels import ANY_CLASS, ignored_path, label_paths
from darkpy.errors import DataError, number_of
from darkpy.files import replacing, writable_folder, write_text
from darkpy.metrics.suspects import Boxed, Suspect

_UNSURE = 0.5  # a score below it accuses nobody: what is there may be either
_HEAD = ("apply", "rank", "score", "kind", "picture", "label_row", "ignore_row")
_DIFFERENCE = 2e-6  # between a coordinate as it was read and its text
_YES, _NO = "1", "0"


@dataclass(frozen=True)
class _Suggestion:
    """label_row: the row of the label file that goes, b"" where none does."""

    place: Suspect
    label_row: bytes
    ignore_row: str


def write_suggestions(path: Path, places: Sequence[Suspect]) -> int:
    """ignore.csv: a row for each place that is neither surely an object nor surely none.

    Whoever looks through it sets `apply` to 0 where the suggestion is not wanted. Returns how many
    there are; without any no file is left of an earlier audit.
    """
    found = list(_suggestions(places))
    path.unlink(missing_ok=True)
    if not found:
        return 0
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(_HEAD)
    for it in found:
        p, label = it.place, it.label_row.decode("utf-8", "surrogateescape")
        rows.writerow([_YES, p.rank, f"{p.score:.4f}", p.kind, p.picture, label, it.ignore_row])
    write_text(path, text.getvalue())
    return len(found)


def _suggestions(places: Sequence[Suspect]) -> Iterator[_Suggestion]:
    for place in places:
        if place.kind == "unreasonable" and place.label:
            moved = _row_of(place.picture, place.label)
            if moved:
                yield _Suggestion(place, moved, _ignore_row(place.label.number, place.label.box))
        elif place.score >= _UNSURE:
            continue
        elif place.kind == "missing" and place.found:
            yield _Suggestion(place, b"", _ignore_row(place.found.number, place.found.box))
        elif place.kind == "class" and place.label:
            moved = _row_of(place.picture, place.label)
            if moved:
                yield _Suggestion(place, moved, _ignore_row(ANY_CLASS, place.label.box))


def _ignore_row(number: int, box: np.ndarray) -> str:
    return f"{number} {' '.join(f'{value:.6f}' for value in box)}"


def _label_file(picture: str) -> str:
    """The picture's label file, or where it would be."""
    paths = label_paths(picture)
    return next((path for path in paths if os.path.isfile(path)), paths[0])


def _row_of(picture: str, label: Boxed) -> bytes:
    """The row of the label file that says this; empty where none does to the digit."""
    for line in _lines(_label_file(picture)):
        try:
            number, *box = (float(word) for word in line.split()[:5])
        except ValueError:
            continue
        same = number == label.number and len(box) == len(label.box)
        if same and np.allclose(np.float32(box), label.box, rtol=0, atol=_DIFFERENCE):
            return line.strip()
    return b""


def _lines(path: str) -> list[bytes]:
    """Of a file, with their ends; none if it is not there."""
    try:
        return Path(path).read_bytes().splitlines(keepends=True)
    except FileNotFoundError:
        return []


def apply_suggestions(folder: Path) -> Iterator[str]:
    """Take over what ignore.csv of an audit says: ignore boxes are added, label rows go.

    All is looked at before the first file is written. The files as they were lie in replaced/.
    DataError where there is no such file, or labels were changed since.
    """
    listed = folder / "ignore.csv"
    rows = [row for row in _wanted(listed) if row["apply"] == _YES]
    changes = _changes(rows)
    kept, number = folder / "replaced", 1
    while kept.exists():
        number += 1
        kept = folder / f"replaced_{number}"
    writable_folder(kept, "-out")
    _keep(kept, list(changes))
    for path, lines in changes.items():
        with replacing(os.path.realpath(path)) as file:
            file.writelines(lines)
    os.replace(listed, kept / listed.name)
    yield f"{number_of(len(rows), 'ignore boxes')} in {number_of(len(changes), 'files')}"
    yield f"{kept}: these files as they were; files.csv says where each belongs"


def _wanted(path: Path) -> list[dict[str, str]]:
    try:
        text = path.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError as problem:
        raise DataError(
            f"{path}: {problem.strerror}: -apply takes over what an audit before it has suggested"
        ) from None
    rows = list(csv.DictReader(io.StringIO(text)))
    for number, row in enumerate(rows, start=2):
        if set(row) != set(_HEAD) or row["apply"] not in (_YES, _NO) or not row["ignore_row"]:
            raise DataError.at(path, number, "is no row of an audit; apply is 1 or 0")
    return rows


def _changes(rows: Sequence[dict[str, str]]) -> dict[str, list[bytes]]:
    """The new lines of each file."""
    found: dict[str, list[bytes]] = {}
    for row in rows:
        labels = _label_file(row["picture"])
        ignored = ignored_path(labels)
        wanted = row["label_row"].encode("utf-8", "surrogateescape")
        if wanted:
            lines = found.setdefault(labels, _lines(labels))
            at = next((n for n, line in enumerate(lines) if line.strip() == wanted), None)
            if at is None:
                raise DataError(
                    f"{labels}: has no row '{row['label_row']}' any more: audit anew, or set "
                    f"apply to 0 for rank {row['rank']} in ignore.csv"
                )
            del lines[at]
        lines = found.setdefault(ignored, _lines(ignored))
        if lines and not lines[-1].endswith(b"\n"):
            lines[-1] += b"\n"
        lines.append(f"{row['ignore_row']}\n".encode())
    return found


def _keep(folder: Path, paths: Sequence[str]) -> None:
    """Copies of files that are to change, and a table of where they belong."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("copy", "belongs_to"))
    for number, path in enumerate(paths, start=1):
        name = f"{number:04d}_{os.path.basename(path)}" if os.path.isfile(path) else ""
        if name:
            (folder / name).write_bytes(Path(path).read_bytes())
        rows.writerow((name, os.path.abspath(path)))  # no copy: the file was not there
    write_text(folder / "files.csv", text.getvalue())
