"""YOLO labels of other trainers and tools: `class cx cy w h` rows in files beside or apart.

ultralytics' data.yaml with images/ and labels/, Roboflow's train/images, CVAT's obj.data with
obj_train_data/, classes.txt of labelImg and Label Studio. Polygons become the box around them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from darkpy.cfg.data import read_names, scan_data
from darkpy.cfg.yaml_text import YAML_FILES, YamlText, read_yaml, yaml_names
from darkpy.data.labelled import NAMES_FILES
from darkpy.data.labels import BadRow, label_paths, parse_rows, said
from darkpy.data.listing import entries
from darkpy.errors import DataError
from darkpy.events import Progress
from darkpy.importers.annotated import (
    PICTURE_ENDINGS,
    Annotated,
    Box,
    Collected,
    Reading,
    clean_name,
    unit_box,
)
from darkpy.importers.gathering import list_of
from darkpy.importers.pictures import Pictures

_MOST_CLASSES = 100_000  # when nobody said how many there are
_SPLITS = ("train", "val", "test")
_SHARES = (1, 1)  # the picture in the unit of label rows


@dataclass
class _Source:
    """What a folder says: names of the classes, names of pictures by list, folders to look in.

    odd: file, line and what is wrong with it.
    """

    names: tuple[str, ...]
    lists: dict[str, list[str]] = field(default_factory=dict)
    folders: list[Path] = field(default_factory=list)
    odd: list[tuple[Path, int | None, str]] = field(default_factory=list)


def read_yolo(source: Path, *, images: str = "") -> Reading:
    """Read a folder, or its data.yaml or .data file. images: another folder of pictures.

    DataError if nothing can be made of it.
    """
    base = source if source.is_dir() else source.parent
    more = [Path(images)] if images else []
    found = _described(source, base, more)
    reading = _Labels(source, base, found)
    for remark in found.odd:
        reading.collected.warn(*remark)
    pictures = Pictures([*more, base, *found.folders], [base, *more])
    total, done = sum(map(len, found.lists.values())), 0
    for name, named in found.lists.items():
        for text in named:
            reading.add(name, text, pictures)
            done += 1
            yield Progress("reading labels", done, total)
    return reading.finish()


class _Labels:
    """Reads labels of one picture after the other."""

    def __init__(self, source: Path, base: Path, found: _Source) -> None:
        self.source, self.base = source, base
        self.collected = Collected()
        self.bad: list[BadRow] = []
        self.unlabelled = 0
        # Of a class without a name the number is its name.
        self.names = [clean_name(name) or str(at) for at, name in enumerate(found.names)]

    def add(self, name: str, text: str, pictures: Pictures) -> None:
        """A picture and its boxes, onto the list of this name."""
        collected = self.collected
        picture = pictures.named(text)
        if picture is None:
            message = f"picture {text} {pictures.missing(text)}; left out"
            collected.warn(self.source, None, message)
            return
        key = str(picture)
        if key not in collected.pictures:
            label = _label_of(picture, text, self.base)
            self.unlabelled += label is None
            boxes = tuple(self._boxes(label)) if label else ()
            collected.pictures[key] = Annotated(picture, boxes)
        collected.lists.setdefault(name, []).append(key)

    def _boxes(self, label: Path) -> Iterator[Box]:
        try:
            raw = label.read_bytes()
        except OSError as problem:
            self.collected.warn(label, None, f"cannot be read: {problem.strerror}; left out")
            return
        good, wrong = parse_rows(raw, str(label), len(self.names) or _MOST_CLASSES)
        self.bad += wrong
        for number, cx, cy, w, h in good:
            edges = cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2
            within = min(edges[:2]) >= 0 and max(edges[2:]) <= 1
            cxcywh = (cx, cy, w, h) if within else unit_box(*edges, _SHARES)[0]
            name = self.names[int(number)] if self.names else str(int(number))
            if cxcywh:
                yield Box(name, cxcywh)

    def finish(self) -> Collected:
        """What was collected, with names for the classes. DataError if there is no picture."""
        collected = self.collected
        for row, text in said(self.bad):
            collected.warn(row.path, row.line or None, text)
        if self.unlabelled:
            note = f"{self.unlabelled} pictures have no label file: taken for such without objects"
            collected.note(self.source, None, note)
        collected.need_pictures(self.source)
        collected.names = tuple(dict.fromkeys(self.names)) or self._numbers()
        if self.names and len(collected.names) < len(self.names):
            twice = next(name for name in self.names if self.names.count(name) > 1)
            message = f"'{twice}' is the name of several classes, which become one"
            collected.warn(self.source, None, message)
        return collected

    def _numbers(self) -> tuple[str, ...]:
        """Names where there was no file of them."""
        wanted = f"data.yaml, {', '.join(NAMES_FILES)}"
        message = f"no file of class names ({wanted}): they are called by their numbers"
        self.collected.warn(self.source, None, message)
        most = max((int(name) for name in self.collected.found_names()), default=-1)
        return tuple(map(str, range(most + 1)))


def _described(source: Path, base: Path, more: list[Path]) -> _Source:
    """By a data.yaml, else by a .data file, else by what lies in the folder."""
    inside = [source] if source.is_file() else [base / name for name in YAML_FILES]
    yaml = next((p for p in inside if p.is_file() and p.suffix in (".yaml", ".yml")), None)
    if yaml:
        return _by_yaml(read_yaml(yaml), base)
    datas = [source] if source.is_file() else sorted(base.glob("*.data"))
    if len(datas) == 1:
        return _by_data(datas[0])
    places = [base / name for name in NAMES_FILES]
    places += [path for name in NAMES_FILES for path in sorted(base.glob(f"*/{name}"))]
    names = next((path for path in places if path.is_file()), None)
    found = _Source(read_names(names) if names else ())
    for place in (base, *more):
        for picture in _below(place):
            name = list_of(picture.relative_to(place).parts[:-1]) or "train"
            found.lists.setdefault(name, []).append(str(picture.relative_to(place)))
    return found


def _by_yaml(text: YamlText, base: Path) -> _Source:
    found = _Source(yaml_names(text))
    root = text.value("path")
    roots = [base, *([base / root] if isinstance(root, str) and root else [])]
    for split in _SPLITS:
        for named in text.words(split):
            place = _inside(named, roots, base)
            if place is None:
                message = f"{split}: {named} is not in {base}; left out"
                found.odd.append((text.path, text.line_of(split), message))
                continue
            if place.is_dir():
                listed = [picture.relative_to(base).as_posix() for picture in _below(place)]
            else:
                listed = [entry for _, entry in entries(place)]
            found.lists.setdefault(split, []).extend(listed)
    if not found.lists:
        told = "".join(f"{finding[2]}\n" for finding in found.odd)
        raise DataError.at(text.path, None, f"{told}names no pictures with train:, val: or test:")
    return found


def _inside(named: str, roots: list[Path], base: Path) -> Path | None:
    """The folder or list that a data.yaml names, as far as it lies in the data set's folder.

    Roboflow writes ../train/images for train/images, and many write where it lay on their machine.
    """
    if "\0" in named:
        return None
    parts = [part for part in named.replace("\\", "/").split("/") if part not in ("", ".")]
    whole = [root / named for root in roots]
    tails = [root.joinpath(*parts[start:]) for start in range(len(parts)) for root in roots]
    home = os.path.realpath(base)
    for place in (*whole, *tails):
        real = os.path.realpath(place)
        if os.path.exists(real) and f"{real}{os.sep}".startswith(os.path.join(home, "")):
            return base / os.path.relpath(real, home)
    return None


def _by_data(path: Path) -> _Source:
    """CVAT's zip and any other Darknet project: its lists, wherever they say that pictures are."""
    data = scan_data(path)
    names = read_names(data.resolve(data.names)) if data.names else ()
    found = _Source(names, folders=[path.parent / "data"])
    for key in ("train", "valid"):
        if key in data.lines:
            listing = data.resolve(getattr(data, key))
            found.lists[key] = [entry for _, entry in entries(listing)]
    if not found.lists:
        raise DataError.at(path, None, "train= missing: no list of pictures to import")
    return found


def _below(place: Path) -> Iterator[Path]:
    """All pictures in and below a folder, in the order of their names."""
    for folder, folders, names in os.walk(place):
        folders.sort()
        yield from (
            Path(folder, name)
            for name in sorted(names)
            if os.path.splitext(name)[1].lower() in PICTURE_ENDINGS
        )


def _label_of(picture: Path, named: str, base: Path) -> Path | None:
    """The label file of a picture: where Darknet and ultralytics look, else below labels/."""
    inside = Path(named.replace("\\", "/")).with_suffix(".txt")
    nested = () if inside.is_absolute() else (base / "labels" / inside, base / inside)
    plain = base / "labels" / inside.name, base / inside.name
    places = (*map(Path, label_paths(str(picture))), *nested, *plain)
    return next((path for path in places if os.path.isfile(path)), None)
