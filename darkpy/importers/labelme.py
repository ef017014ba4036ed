"""LabelMe's JSON: a file a picture, with shapes in px from 0 on.

Rectangles, polygons, circles and masks are taken, by the box around them; lines and points hold no
box and are left out. What is marked difficult becomes an ignored box of its class.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from darkpy.errors import DataError
from darkpy.events import Progress
from darkpy.importers.annotated import Collected, Reading
from darkpy.importers.gathering import Edges, Gathering, PictureEntry, Thing, around, list_of
from darkpy.importers.json_file import read_json, rows, size_wh, word

_AREAS = ("rectangle", "polygon", "rotation", "mask")
_AROUND = "outlines, of which the box around them is used"


def read_labelme(source: Path, *, images: str = "") -> Reading:
    """Read one .json, or all in and below a folder. images: another folder of pictures.

    DataError if nothing can be made of it.
    """
    base = source if source.is_dir() else source.parent
    files = _files(source) if source.is_dir() else [source]
    if not files:
        raise DataError.at(source, None, "holds no *.json file")
    more = [Path(images)] if images else []
    gathering = Gathering(Collected(), [*more, base, base / "images"], [base, *more])
    for done, path in enumerate(files, start=1):
        table = read_json(path)
        if isinstance(table, dict) and isinstance(table.get("shapes"), list):
            gathering.add(_entry(path, table, base, gathering))
        else:
            gathering.collected.note(path, None, "has no list 'shapes': not LabelMe's, left out")
        yield Progress("reading annotations", done, len(files))
    return gathering.finish(source)


def _files(source: Path) -> list[Path]:
    found = []
    for place, folders, names in os.walk(source):
        folders.sort()
        found += [Path(place, name) for name in sorted(names) if name.lower().endswith(".json")]
    return found


def _entry(path: Path, table: dict[str, Any], base: Path, gathering: Gathering) -> PictureEntry:
    inside = path.parent.relative_to(base)
    named = word(table, "imagePath").replace("\\", "/") or path.with_suffix(".jpg").name
    if not os.path.isabs(named) and ":" not in named:
        named = os.path.normpath(inside / named)
    return PictureEntry(
        named,
        list(_things(path, table, gathering)),
        size_wh(table, "imageWidth", "imageHeight"),
        (path, None),
        list_of(inside.parts) or "train",
    )


def _things(path: Path, table: dict[str, Any], gathering: Gathering) -> Iterator[Thing]:
    for shape in rows(table, "shapes"):
        kind = word(shape, "shape_type") or "polygon"
        if kind not in (*_AREAS, "circle"):
            gathering.count(f"shapes of type {kind}, which hold no box, left out")
            continue
        try:
            edges = _circle(shape["points"]) if kind == "circle" else around(shape["points"])
        except (KeyError, TypeError, ValueError):
            gathering.collected.warn(path, None, f"a {kind} without proper points; left out")
            continue
        if kind != "rectangle":
            gathering.count(_AROUND)
        yield Thing(word(shape, "label"), edges, ignored=shape.get("difficult") is True)


def _circle(points: list[list[float]]) -> Edges:
    """A circle is its centre and a point on it."""
    (x, y), (u, v) = points
    radius = math.hypot(u - x, v - y)
    return x - radius, y - radius, x + radius, y + radius
