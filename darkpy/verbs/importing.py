"""`darkpy import`: a data set of another program as Darknet's files in a new folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from darkpy.cfg.data import read_names
from darkpy.errors import DataError, UsageError, first_of, number_of
from darkpy.flags.verbs import ImportFlags
from darkpy.importers import (
    coco,
    createml,
    cvat,
    folder,
    imglab,
    labelme,
    labelstudio,
    spreadsheet,
    voc,
    vott,
    yolo,
)
from darkpy.importers.annotated import VALID, Collected, Reading
from darkpy.importers.sniffing import format_of
from darkpy.registry import did_you_mean

AUTO = "auto"  # in place of a format: look which it is
_SHOWN = 20  # findings on the screen; the file has all


def run(
    format: str,
    source: str,
    out: str,
    **flags: Any,
) -> Iterator[object]:
    """Yield progress, the first findings and a summary. flags: those of ImportFlags."""
    asked = ImportFlags(**flags)
    path, target = Path(source), Path(out)
    if format != AUTO:
        _refuse_unknown(format)
    folder.check_free(target)
    if not path.exists():
        raise DataError.at(source, None, "does not exist")
    order = read_names(asked.names) if asked.names else ()
    if format == AUTO:
        format = _told(path)
        yield f"{source}: read as {format}"
    try:
        collected = yield from _reader(format, asked.images, asked.first_pixel)(path)
    except DataError as problem:
        raise DataError(f"{problem}{_other(format, path)}") from None
    if order:
        collected.keep_names(order, asked.names)
    yield from folder.write(collected, target, copy=asked.copy)
    yield from _findings(collected, target)
    yield from _summary(collected, target)


READERS: dict[str, Callable[..., Reading]] = {
    "voc": voc.read_voc,
    "coco": coco.read_coco,
    "imglab": imglab.read_imglab,
    "yolo": yolo.read_yolo,
    "cvat": cvat.read_cvat,
    "labelstudio": labelstudio.read_labelstudio,
    "labelme": labelme.read_labelme,
    "vott": vott.read_vott,
    "createml": createml.read_createml,
    "csv": spreadsheet.read_spreadsheet,
}


def _reader(format: str, images: str, first_pixel: int) -> Callable[[Path], Reading]:
    reader = partial(READERS[format], images=images)
    return partial(reader, first_pixel=first_pixel) if format == "voc" else reader


def _refuse_unknown(format: str) -> None:
    if format not in READERS:
        hint = did_you_mean(format, READERS)
        known = ", ".join(READERS)
        raise UsageError(
            f"darkpy import {format}: that cannot be read, but {known} can{hint}; {AUTO} looks "
            "which it is"
        )


def _told(path: Path) -> str:
    """The format that a source is in. DataError if it cannot be told."""
    found = format_of(path)
    if not found:
        message = f"cannot be told what it is; name the format: {', '.join(READERS)}"
        raise DataError.at(path, None, message)
    return found


def _other(format: str, path: Path) -> str:
    """A hint at the format that a source seems to be in, where that is another."""
    seems = format_of(path)
    return f"\n{path}: this looks like {seems}" if seems and seems != format else ""


def _findings(collected: Collected, out: Path) -> Iterator[str]:
    """The first ones; how many more there are."""
    findings = collected.findings
    yield from first_of(findings, _SHOWN)
    if findings:
        yield f"all {number_of(len(findings), 'remarks')}: {out / folder.FINDINGS}"


def _summary(collected: Collected, out: Path) -> Iterator[str]:
    """What is in the new folder, in numbers."""
    every = collected.pictures.values()
    objects = Counter(box.name for one in every for box in one.boxes if not box.ignored)
    ignored = Counter(box.name for one in every for box in one.boxes if box.ignored)
    for name, keys in collected.lists.items():
        empty = sum(all(box.ignored for box in collected.pictures[key].boxes) for key in keys)
        pictures = number_of(len(keys), "pictures")
        yield f"{out / name}.txt: {pictures}, {empty} of them without objects"
    for number, name in enumerate(collected.names):
        told = number_of(ignored[name], "ignored boxes")
        yield f"class {number} {name}: {number_of(objects[name], 'objects')}, {told}"
    if ignored[None]:
        yield f"every class: {number_of(ignored[None], 'ignored boxes')}"
    yield (
        f"{out / out.name}.data: {number_of(len(collected.names), 'classes')}, "
        f"{number_of(len(every), 'pictures')}, {number_of(objects.total(), 'objects')}, "
        f"{number_of(ignored.total(), 'ignored boxes')}"
    )
    if not collected.first_list(VALID):
        yield (
            f"warning: no list to validate on: `darkpy init {out / folder.IMAGES} -names "
            f"{out / out.name}.names -out {out}-project` divides the pictures in two and keeps "
            "those of one video on one side"
        )
