"""Darknet's files for what was collected, written to a new folder.

    out/out.data out.names train.txt valid.txt ...   lists are relative to the folder
    out/images/NAME.jpg NAME.txt NAME.ign            links to the source's pictures, and labels

Labels lie beside their pictures, where the C program looks for them as well.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from darkpy.data.labels import ANY_CLASS, IGNORED_SUFFIX, darknet_label_path
from darkpy.errors import OutputError, UsageError
from darkpy.events import Progress
from darkpy.files import write_text
from darkpy.importers.annotated import TRAIN, VALID, Annotated, Box, Collected

IMAGES = "images"
FINDINGS = "findings.txt"
_DIGITS = 8
_REPORT_EVERY = 100


def check_free(out: Path) -> None:
    """OutputError if there is something in the way; UsageError where labels would not be found."""
    if os.path.lexists(out):
        raise OutputError.at(out, None, "exists already and is left alone; name another folder")
    picture = str(out.absolute() / IMAGES / "1.jpg")
    if darknet_label_path(picture) != str(Path(picture).with_suffix(".txt")):
        raise UsageError(f"{out}: labels of pictures below such a folder lie elsewhere for Darknet")


def write(collected: Collected, out: Path, *, copy: bool) -> Iterator[Progress]:
    """Write everything; the folder appears when it is complete. OutputError if it cannot be."""
    collected.tidy_lists(FINDINGS.removesuffix(".txt"))
    building = out.with_name(f".{out.name}.{os.getpid()}.tmp")
    try:
        (building / IMAGES).mkdir(parents=True)
        yield from _write(collected, building, out.name, copy=copy)
        os.rename(building, out)
    except OSError as problem:
        reason = problem.strerror or problem
        raise OutputError.at(out, None, f"cannot be written: {reason}") from None
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _write(collected: Collected, folder: Path, title: str, *, copy: bool) -> Iterator[Progress]:
    names = _file_names(collected.pictures)
    numbers = {name: number for number, name in enumerate(collected.names)}
    place = _copied if copy else _linked
    for done, (key, one) in enumerate(collected.pictures.items(), start=1):
        target = folder / IMAGES / names[key]
        place(one.picture.absolute(), target)
        _write_rows(target.with_suffix(".txt"), [b for b in one.boxes if not b.ignored], numbers)
        ignored = [box for box in one.boxes if box.ignored]
        if ignored:
            _write_rows(target.with_suffix(IGNORED_SUFFIX), ignored, numbers)
        if done % _REPORT_EVERY == 0 or done == len(collected.pictures):
            yield Progress("writing", done, len(collected.pictures))
    for name, keys in collected.lists.items():
        _plain(folder / f"{name}.txt", [f"{IMAGES}/{names[key]}" for key in keys])
    _plain(folder / f"{title}.names", collected.names)
    _plain(folder / FINDINGS, map(str, collected.findings))
    write_text(folder / f"{title}.data", _data(collected, title))


def _data(collected: Collected, title: str) -> str:
    train = collected.first_list(TRAIN) or next(iter(collected.lists))
    valid = collected.first_list(VALID)
    lines = [f"classes = {len(collected.names)}", f"train = {train}.txt"]
    lines += [f"valid = {valid}.txt"] if valid and valid != train else []
    return "\n".join([*lines, f"names = {title}.names", "backup = backup", ""])


def _plain(path: Path, lines) -> None:
    """Write lines as bytes, encoded as the file system encodes names: any path comes back."""
    path.write_bytes(b"".join(_encoded(line) + b"\n" for line in lines))


def _encoded(line: str) -> bytes:
    try:
        return os.fsencode(line)
    except UnicodeEncodeError:  # half letters, or a locale without these
        return line.encode(errors="backslashreplace")


def _write_rows(path: Path, boxes: list[Box], numbers: dict[str, int]) -> None:
    rows = []
    for box in boxes:
        number = ANY_CLASS if box.name is None else numbers[box.name]
        rows.append(" ".join([str(number), *(f"{share:.{_DIGITS}f}" for share in box.cxcywh)]))
    path.write_text("".join(f"{row}\n" for row in rows))


def _file_names(pictures: dict[str, Annotated]) -> dict[str, str]:
    """A file name for each picture. No two have the same stem, as labels are found by it.

    A picture keeps its own name where that is free, and gets something added where it is not.
    """
    taken: set[str] = set()
    names = {}
    for key, one in pictures.items():
        # A line break in a name would break the list.
        own = stem = "".join(c if c.isprintable() else "_" for c in one.picture.stem)
        ending, number = one.picture.suffix, 1
        while stem.casefold() in taken:
            number += 1
            stem = f"{own}_{number}"
        taken.add(stem.casefold())
        names[key] = stem + ending
    return names


def _linked(source: Path, target: Path) -> None:
    """A symbolic link; where the file system has none, a hard link or a copy."""
    for way in (os.symlink, os.link):
        try:
            way(source, target)
            return
        except (OSError, NotImplementedError):
            continue
    _copied(source, target)


def _copied(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
