"""`darkpy import`: a data set of another program as Darknet's files in a new folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from darkpy.cfg.data import read_names
from darkpy.errors import DataError, UsageError
from darkpy.importers import coco, folder, imglab, voc
from darkpy.importers.annotated import Collected, Reading
from darkpy.registry import did_you_mean

_SHOWN = 20  # findings on the screen; the file has all


def run(
    format: str,
    source: str,
    out: str,
    *,
    names: str = "",
    images: str = "",
    first_pixel: int = voc.FIRST_PIXEL,
    copy: bool = False,
) -> Iterator[object]:
    """Yield progress, the first findings and a summary."""
    path, target = Path(source), Path(out)
    reader = _reader(format, images, first_pixel)
    folder.check_free(target)
    if not path.exists():
        raise DataError.at(source, None, "does not exist")
    order = read_names(names) if names else ()
    collected = yield from reader(path)
    if order:
        collected.keep_names(order, names)
    yield from folder.write(collected, target, copy=copy)
    yield from _findings(collected, target)
    yield from _summary(collected, target)


def _reader(format: str, images: str, first_pixel: int) -> Callable[[Path], Reading]:
    """The reader of a format. UsageError if there is none."""
    readers: dict[str, Callable[[Path], Reading]] = {
        "voc": partial(voc.read, first_pixel=first_pixel, images=images),
        "coco": partial(coco.read, images=images),
        "imglab": partial(imglab.read, images=images),
    }
    if format not in readers:
        hint = did_you_mean(format, readers)
        known = ", ".join(readers)
        raise UsageError(f"darkpy import {format}: that cannot be read, but {known} can{hint}")
    return readers[format]


def _findings(collected: Collected, out: Path) -> Iterator[str]:
    """The first ones; how many more there are."""
    findings = collected.findings
    yield from map(str, findings[:_SHOWN])
    if len(findings) > _SHOWN:
        yield f"... and {len(findings) - _SHOWN} more"
    if findings:
        yield f"all {len(findings)} remarks: {out / folder.FINDINGS}"


def _summary(collected: Collected, out: Path) -> Iterator[str]:
    """What is in the new folder, in numbers."""
    every = collected.pictures.values()
    objects = Counter(box.name for one in every for box in one.boxes if not box.ignored)
    ignored = Counter(box.name for one in every for box in one.boxes if box.ignored)
    for name, keys in collected.lists.items():
        empty = sum(all(box.ignored for box in collected.pictures[key].boxes) for key in keys)
        yield f"{out / name}.txt: {len(keys)} pictures, {empty} of them without objects"
    for number, name in enumerate(collected.names):
        yield f"class {number} {name}: {objects[name]} objects, {ignored[name]} ignored boxes"
    if ignored[None]:
        yield f"every class: {ignored[None]} ignored boxes"
    yield (
        f"{out / out.name}.data: {len(collected.names)} classes, {len(every)} pictures, "
        f"{objects.total()} objects, {ignored.total()} ignored boxes"
    )
