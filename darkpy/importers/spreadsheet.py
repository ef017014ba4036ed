"""CSV with a box a row: makesense, VoTT, Roboflow (TensorFlow), and path,x1,y1,x2,y2,class.

Columns are known by their headings in whatever order; without headings the two usual orders are
told apart by what is in them. A row without numbers is a picture without objects.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from darkpy.cfg.text import read_lines
from darkpy.errors import DataError
from darkpy.events import Progress
from darkpy.importers.annotated import Collected, Reading
from darkpy.importers.gathering import Edges, Gathering, PictureEntry, Thing, finished

_HEADINGS = {
    "picture": ("filename", "image", "image_name", "file_name", "image_path", "path", "file"),
    "name": ("class", "label", "label_name", "class_name", "name"),
    "left": ("xmin", "x1", "left", "bbox_x", "x"),
    "top": ("ymin", "y1", "top", "bbox_y", "y"),
    "right": ("xmax", "x2", "right"),
    "bottom": ("ymax", "y2", "bottom"),
    "w": ("bbox_width", "w"),
    "h": ("bbox_height", "h"),
    "width": ("image_width", "width", "img_width", "imgw"),
    "height": ("image_height", "height", "img_height", "imgh"),
}
_MAKESENSE = ("name", "left", "top", "w", "h", "picture", "width", "height")
_RETINANET = ("picture", "left", "top", "right", "bottom", "name")
_NEEDED = ("picture", "name", "left", "top")
_ORDERS = "label,x,y,w,h,image,width,height or path,x1,y1,x2,y2,class"
_Row = tuple[int, dict[str, str]]


def read_spreadsheet(source: Path, *, images: str = "") -> Reading:
    """Read one .csv, or all in a folder and the folders in it. images: a folder of pictures.

    DataError if nothing can be made of it.
    """
    collected = Collected()
    for path, name, gathering in Gathering.each(source, ".csv", images, collected):
        yield from _add_all(path, _rows(path), name, gathering)
    return finished(collected, source)


def _rows(path: Path) -> list[_Row]:
    """Line number and values of each row by what they are."""
    text = "\n".join(read_lines(path, DataError, "the CSV file"))
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    lines = csv.reader(io.StringIO(text), delimiter=delimiter)
    try:
        table = [(lines.line_num, row) for row in lines if any(map(str.strip, row))]
    except csv.Error as problem:
        raise DataError.at(path, lines.line_num, f"is no CSV: {problem}") from None
    if not table:
        raise DataError.at(path, None, "is empty; a box a row is needed")
    columns, headed = _columns(table[0][1])
    if not columns:
        message = f"headings {','.join(table[0][1])[:60]} are not known, and it is no {_ORDERS}"
        raise DataError.at(path, table[0][0], message)
    return [(line, dict(zip(columns, row, strict=False))) for line, row in table[headed:]]


def _columns(first: Sequence[str]) -> tuple[tuple[str, ...], bool]:
    """What the columns are, and whether the first row says so; nothing if it cannot be told."""
    cells = [cell.strip().lower().lstrip("\ufeff") for cell in first]
    known = {word: meaning for meaning, words in _HEADINGS.items() for word in words}
    columns = tuple(known.get(cell, "") for cell in cells)
    if all(meaning in columns for meaning in _NEEDED):
        return columns, True
    for order, numbers in ((_MAKESENSE, cells[1:5] + cells[6:8]), (_RETINANET, cells[1:5])):
        if len(cells) == len(order) and all(_is_number(cell) for cell in numbers):
            return order, False
    if len(cells) == len(_RETINANET) and not any(cells[1:]):
        return _RETINANET, False
    return (), False


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _add_all(path: Path, rows: list[_Row], name: str, gathering: Gathering) -> Iterator[Progress]:
    by_picture: dict[str, list[_Row]] = {}
    for line, row in rows:
        by_picture.setdefault(row.get("picture", "").strip(), []).append((line, row))
    for done, (picture, own) in enumerate(by_picture.items(), start=1):
        things = [thing for row in own if (thing := _thing(path, row, gathering))]
        line, first = own[0]
        gathering.add(PictureEntry(picture, things, _size(first), (path, line), name))
        yield Progress(f"reading {path.name}", done, len(by_picture))


def _thing(path: Path, row: _Row, gathering: Gathering) -> Thing | None:
    line, values = row
    given = [values.get(key, "").strip() for key in ("left", "top", "right", "bottom", "w", "h")]
    if not any(given):
        return None
    try:
        edges = _edges(values)
    except (KeyError, ValueError):
        gathering.collected.warn(path, line, "a box without proper numbers; left out")
        return None
    return Thing(values["name"], edges)


def _edges(values: dict[str, str]) -> Edges:
    left, top = float(values["left"]), float(values["top"])
    if values.get("right"):
        return left, top, float(values["right"]), float(values["bottom"])
    return left, top, left + float(values["w"]), top + float(values["h"])


def _size(values: dict[str, str]) -> tuple[int, int] | None:
    try:
        picture_wh = int(float(values["width"])), int(float(values["height"]))
    except (KeyError, ValueError, OverflowError):
        return None
    return picture_wh if min(picture_wh) > 0 else None
