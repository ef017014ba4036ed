"""Label Studio's JSON and JSON-MIN: a list of tasks, coordinates in percent of the picture.

Rectangles, polygons and ellipses are taken, by the box around them; key points, brush masks and
choices hold no box and are left out. Its COCO export is read as COCO, its YOLO export as YOLO.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from darkpy.errors import DataError
from darkpy.events import Progress
from darkpy.importers.annotated import Collected, Reading
from darkpy.importers.gathering import Edges, Gathering, PictureEntry, Thing, around, files_of
from darkpy.importers.json_file import read_json, rows, size_wh

_PERCENT = (100, 100)
_LABELS = "labels"  # how the keys of a value end that hold its names
_AROUND = "outlines and turned boxes, of which the box around them is used"


def read_labelstudio(source: Path, *, images: str = "") -> Reading:
    """Read one .json, or all in a folder. images: another folder of pictures.

    DataError if nothing can be made of it.
    """
    files, base = files_of(source, ".json")
    more = [Path(images)] if images else []
    gathering = Gathering(Collected(), [*more, base / "images", base], [base, *more])
    for path in files:
        tasks = read_json(path)
        if not isinstance(tasks, list):
            coco = isinstance(tasks, dict) and "categories" in tasks
            hint = "; this is COCO: `darkpy import coco`" if coco else ""
            raise DataError.at(path, None, f"is no list of Label Studio's tasks{hint}")
        for done, task in enumerate(tasks, start=1):
            _add(path, task, gathering)
            yield Progress(f"reading {path.name}", done, len(tasks))
    return gathering.finish(source)


def _add(path: Path, task: Any, gathering: Gathering) -> None:
    if not isinstance(task, dict):
        gathering.count("entries that are no task, left out")
        return
    data = task["data"] if isinstance(task.get("data"), dict) else task
    name = next((text for text in map(picture_name, data.values()) if text), "")
    if not name:
        gathering.count("tasks without a picture, left out")
        return
    found = list(_results(task, gathering))
    values = [row["value"] if isinstance(row.get("value"), dict) else row for row in found]
    sizes = [size_wh(row, "original_width", "original_height") for row in (*found, *values)]
    picture_wh = next((picture_wh for picture_wh in sizes if picture_wh), None)
    things = [thing for value in values for thing in _things(path, value, picture_wh, gathering)]
    gathering.add(PictureEntry(name, things, picture_wh, (path, None)))


def picture_name(value: Any) -> str:
    """The path in an address that Label Studio gives a picture; '' for all else.

    >>> picture_name("/data/local-files/?d=cam%201/x.jpg"), picture_name("s3://mine/a/x.png")
    ('cam 1/x.jpg', '/a/x.png')
    """
    if not isinstance(value, str):
        return ""
    try:
        parts = urlsplit(value)
    except ValueError:
        return ""
    named = parse_qs(parts.query).get("d")
    path = named[0] if named else (unquote(parts.path) if parts.scheme or "%" in value else value)
    return path if "." in path.rpartition("/")[2] else ""


def _results(task: dict[str, Any], gathering: Gathering) -> Iterator[dict[str, Any]]:
    """The regions of a task: those of its first annotation that was not cancelled."""
    made = rows(task, "annotations") or rows(task, "completions")
    valid = [one for one in made if not one.get("was_cancelled")]
    if len(valid) > 1:
        gathering.count("tasks with several annotations, of which the first is used")
    if valid:
        yield from rows(valid[0], "result")
    elif not made:  # JSON-MIN has the regions in the task
        yield from (row for key in task for row in rows(task, key) if "original_width" in row)


def _things(
    path: Path, value: dict[str, Any], picture_wh: tuple[int, int] | None, gathering: Gathering
) -> Iterator[Thing]:
    kinds = [key for key in value if key.endswith(_LABELS) and isinstance(value[key], list)]
    names = [str(name) for key in kinds for name in value[key]]
    try:
        edges, whole = _edges(value, picture_wh or _PERCENT)
    except (KeyError, TypeError, ValueError):
        gathering.collected.warn(path, None, f"a region of {names} without numbers; left out")
        return
    if edges is None or not kinds:
        gathering.count(f"regions that hold no box ({', '.join(kinds) or 'no labels'}), left out")
        return
    if not whole:
        gathering.count(_AROUND)
    yield from (Thing(name, edges, unit_wh=_PERCENT) for name in names)


def _edges(value: dict[str, Any], picture_wh: tuple[int, int]) -> tuple[Edges | None, bool]:
    """Edges in percent, and whether they are the region itself; None if it is no area."""
    if "points" in value:
        return around(value["points"]), False
    if "radiusX" in value:
        x, y, rx, ry = (float(value[key]) for key in ("x", "y", "radiusX", "radiusY"))
        corners = [(x - rx, y - ry), (x + rx, y - ry), (x - rx, y + ry), (x + rx, y + ry)]
        middle = x, y
    elif "x" in value and "width" in value and "height" in value:
        x, y, w, h = (float(value[key]) for key in ("x", "y", "width", "height"))
        corners = [(x, y), (x + w, y), (x, y + h), (x + w, y + h)]
        middle = x, y  # Label Studio turns a rectangle about its first corner
        if not w and not h:
            return None, True
    else:
        return None, True
    degrees = float(value.get("rotation") or 0)
    if not degrees:
        return around(corners), "radiusX" not in value
    return around(_turned(corner, middle, degrees, picture_wh) for corner in corners), False


def _turned(
    corner: tuple[float, float],
    middle: tuple[float, float],
    degrees: float,
    picture_wh: tuple[int, int],
) -> tuple[float, float]:
    """A corner in percent turned about another point, clockwise, in a picture of this shape."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    x, y = ((a - b) * side for a, b, side in zip(corner, middle, picture_wh, strict=True))
    return middle[0] + (x * c - y * s) / picture_wh[0], middle[1] + (x * s + y * c) / picture_wh[1]
