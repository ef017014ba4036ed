"""MS COCO: instances_*.json, and Roboflow's _annotations.coco.json.

Boxes are x y w h in px from the picture's corner. Categories get numbers from 0 on in the order of
their ids. Crowds, and what has ignore=1, become ignored boxes of their class.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from darkpy.errors import DataError, PictureError
from darkpy.events import Progress
from darkpy.importers.annotated import Annotated, Box, Collected, Reading, clean_name, unit_box
from darkpy.importers.masks import segmentation_box
from darkpy.importers.pictures import Pictures, misfit, size_of

_PREFIX = "instances_"
_ROBOFLOW = "_annotations.coco.json"
_LABEL_STUDIO = "result.json"  # its COCO export, beside images/
_REPORT_EVERY = 1000


def read_coco(source: Path, *, images: str = "") -> Reading:
    """Read one .json, or a folder with annotations/instances_*.json or */_annotations.coco.json.

    images: the folder of the pictures, where it is none of the usual ones. DataError if nothing
    can be made of it.
    """
    collected = Collected()
    names: dict[str, None] = {}
    for path in _files(source):
        yield from _File(path, collected, names, images).read()
    collected.need_pictures(source)
    collected.names = tuple(names)
    return collected


def _files(source: Path) -> list[Path]:
    if not source.is_dir():
        return [source]
    found = [
        *sorted((source / "annotations").glob(f"{_PREFIX}*.json")),
        *sorted(source.glob(f"{_PREFIX}*.json")),
        *sorted(source.glob(f"*/{_ROBOFLOW}")),
        *sorted(source.glob(_ROBOFLOW)),
        *sorted(source.glob(_LABEL_STUDIO)),
    ]
    if not found:  # one whose name says nothing, where it is the only one
        found = sorted((source / "annotations").glob("*.json")) or sorted(source.glob("*.json"))
        found = found if len(found) == 1 else []
    if not found:
        wanted = f"annotations/{_PREFIX}*.json or */{_ROBOFLOW}; name the .json file itself"
        raise DataError.at(source, None, f"holds no {wanted}")
    return found


def _lighter(entry: dict[str, Any]) -> dict[str, Any]:
    """An object of the file without its outline, which is most of the file, where it has a box."""
    if "bbox" in entry and "segmentation" in entry:
        del entry["segmentation"]
    return entry


class _File:
    """One annotation file. names: class names so far, to which its own are added."""

    def __init__(
        self, path: Path, collected: Collected, names: dict[str, None], images: str
    ) -> None:
        self.path, self.collected, self.names = path, collected, names
        self.split = _split_of(path)
        root = path.parent.parent if path.parent.name == "annotations" else path.parent
        usual = (self.split, f"images/{self.split}", "images", "")
        folders = [Path(images)] if images else [root / folder for folder in usual]
        self.pictures = Pictures(folders, [root, *folders[: bool(images)]])

    def read(self) -> Iterator[Progress]:
        """Add everything to `collected`."""
        table = self._load()
        categories = self._categories(table)
        keys = self.collected.lists.setdefault(self.split, [])
        boxes: dict[Any, list[Box]] = {}
        images = self._images(table)
        total = len(table["annotations"])
        for done, entry in enumerate(table["annotations"], start=1):
            known = images.get(_number(entry, "image_id"))
            if known is None:
                self._warn(entry, "is of no picture that is there; left out")
            else:
                box = self._box(entry, categories, known[1])
                if box:
                    boxes.setdefault(entry["image_id"], []).append(box)
            if done % _REPORT_EVERY == 0 or done == total:
                yield Progress(f"reading {self.path.name}", done, total)
        for number, (picture, _) in images.items():
            key = f"{self.split}/{number}"
            self.collected.pictures[key] = Annotated(picture, tuple(boxes.get(number, ())))
            keys.append(key)

    def _load(self) -> dict[str, list[Any]]:
        """The file's three tables. DataError if it has none."""
        try:
            with open(self.path, encoding="utf-8-sig") as file:
                table = json.load(file, object_hook=_lighter)
        except OSError as problem:
            raise DataError.at(self.path, None, f"cannot be read: {problem.strerror}") from None
        except json.JSONDecodeError as problem:
            raise DataError.at(self.path, problem.lineno, f"is no JSON: {problem.msg}") from None
        except (UnicodeDecodeError, RecursionError) as problem:
            raise DataError.at(self.path, None, f"is no JSON: {problem}") from None
        for name in ("images", "annotations", "categories"):
            if not isinstance(table, dict) or not isinstance(table.get(name), list):
                message = f"has no list '{name}': it is no COCO instances file"
                raise DataError.at(self.path, None, message)
        return table

    def _categories(self, table: dict[str, list[Any]]) -> dict[Any, str]:
        """Names by category id; the names are added in the order of the ids."""
        rows = {
            row["id"]: (clean_name(str(row["name"])), row.get("supercategory"))
            for row in table["categories"]
            if isinstance(row, dict) and isinstance(row.get("id"), int) and row.get("name")
        }
        if len(rows) < len(table["categories"]):
            lost = len(table["categories"]) - len(rows)
            message = f"{lost} categories without an id and name of their own left out"
            self.collected.warn(self.path, None, message)
        used = {_number(entry, "category_id") for entry in table["annotations"]}
        for number, (name, _) in sorted(rows.items()):
            # Roboflow writes a first category that only groups the others.
            groups = any(group == name != other for other, group in rows.values())
            if groups and number not in used:
                note = f"category {number} '{name}' only groups others; left out"
                self.collected.note(self.path, None, note)
            else:
                self.names[name] = None
        return {number: name for number, (name, _) in rows.items()}

    def _images(self, table: dict[str, list[Any]]) -> dict[Any, tuple[Path, tuple[int, int]]]:
        """Path and (width, height) of every picture that is there, by its id."""
        found: dict[Any, tuple[Path, tuple[int, int]]] = {}
        for row in table["images"]:
            name = str(row.get("file_name", "")) if isinstance(row, dict) else ""
            number = _number(row, "id")
            if not name or number is None:
                self.collected.warn(self.path, None, f"an image without id or file_name: {row}")
                continue
            if number in found:
                self.collected.warn(self.path, None, f"image id {number} stands twice; first kept")
                continue
            picture = self.pictures.named(name)
            if picture is None:
                message = f"picture {name} {self.pictures.missing(name)}; left out"
                self.collected.warn(self.path, None, message)
                continue
            picture_wh = self._size(row, picture)
            if picture_wh:
                found[number] = picture, picture_wh
        return found

    def _size(self, row: dict[str, Any], picture: Path) -> tuple[int, int] | None:
        width, height = row.get("width"), row.get("height")
        if isinstance(width, int) and isinstance(height, int) and width > 0 and height > 0:
            odd = misfit(picture, (width, height))
            if odd:
                self.collected.warn(self.path, None, f"{picture.name}: {odd}")
            return width, height
        try:
            picture_wh = size_of(picture)
        except PictureError as problem:
            self.collected.warn(self.path, None, f"no width and height, and {problem}; left out")
            return None
        w, h = picture_wh
        note = f"{picture.name} has no width and height; taken from it, {w} x {h}"
        self.collected.note(self.path, None, note)
        return picture_wh

    def _box(
        self, entry: dict[str, Any], categories: dict[Any, str], picture_wh: tuple[int, int]
    ) -> Box | None:
        name = categories.get(_number(entry, "category_id"))
        if name is None:
            self._warn(entry, f"category_id {entry.get('category_id')} does not exist; left out")
            return None
        try:
            edges = _edges(entry)
        except (TypeError, ValueError, KeyError, IndexError, OverflowError):
            self._warn(entry, "has no proper bbox x y w h; left out")
            return None
        cxcywh, remark = (
            unit_box(*edges, picture_wh) if edges else (None, "has no extent; left out")
        )
        if remark:
            tell = self._note if cxcywh else self._warn
            tell(entry, f"{name}: {remark}")
        if cxcywh is None:
            return None
        return Box(name, cxcywh, ignored=bool(entry.get("iscrowd") or entry.get("ignore")))

    def _warn(self, entry: Any, message: str) -> None:
        self.collected.warn(self.path, None, f"{_called(entry)} {message}")

    def _note(self, entry: Any, message: str) -> None:
        self.collected.note(self.path, None, f"{_called(entry)} {message}")


def _split_of(path: Path) -> str:
    """`instances_val2017.json` -> `val2017`, `valid/_annotations.coco.json` -> `valid`."""
    if path.name == _ROBOFLOW:
        return path.parent.name
    if path.name == _LABEL_STUDIO:
        return "train"
    return path.stem.removeprefix(_PREFIX)


def _edges(entry: dict[str, Any]) -> tuple[float, float, float, float] | None:
    """Left, top, right, bottom from bbox, or from the outline where that is missing."""
    if entry.get("bbox"):
        x, y, w, h = (float(number) for number in entry["bbox"])
        return x, y, x + w, y + h
    return segmentation_box(entry["segmentation"])


def _called(entry: Any) -> str:
    return f"annotation {entry.get('id')}" if isinstance(entry, dict) else f"annotation {entry!r}"


def _number(entry: Any, key: str) -> int | str | None:
    """A number of an object of the file, which some programs write as text; None without one."""
    value = entry.get(key) if isinstance(entry, dict) else None
    return value if isinstance(value, int | str) else None
