"""CreateML's JSON, which labelImg and Roboflow write too: px, boxes by their centre."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from darkpy.events import Progress
from darkpy.importers.annotated import Collected, Reading
from darkpy.importers.gathering import Gathering, PictureEntry, Thing, finished
from darkpy.importers.json_file import read_json, rows, word


def read_createml(source: Path, *, images: str = "") -> Reading:
    """Read one .json, or all in a folder and the folders in it. images: a folder of pictures.

    DataError if nothing can be made of it.
    """
    collected = Collected()
    for path, name, gathering in Gathering.each(source, ".json", images, collected):
        entries = rows({"": read_json(path)}, "")
        if not any("annotations" in entry for entry in entries):
            collected.note(path, None, "is no list of 'image' with 'annotations': left out")
            entries = []
        for done, entry in enumerate(entries, start=1):
            things = list(_things(path, entry, gathering))
            picture = word(entry, "image") or word(entry, "imagefilename")
            gathering.add(PictureEntry(picture, things, None, (path, None), name))
            yield Progress(f"reading {path.name}", done, len(entries))
    return finished(collected, source)


def _things(path: Path, entry: dict[str, Any], gathering: Gathering) -> Iterator[Thing]:
    for annotation in rows(entry, "annotations"):
        frame = annotation.get("coordinates")
        try:
            x, y, w, h = (float(frame[key]) for key in ("x", "y", "width", "height"))
        except (KeyError, TypeError, ValueError):
            label = word(annotation, "label")
            gathering.collected.warn(path, None, f"'{label}' without proper numbers; left out")
            continue
        yield Thing(word(annotation, "label"), (x - w / 2, y - h / 2, x + w / 2, y + h / 2))
