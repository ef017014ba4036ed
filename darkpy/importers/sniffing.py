"""Which program's data set a folder or file is, by its files' names and how they begin."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from darkpy.cfg.foreign import beginning
from darkpy.cfg.yaml_text import YAML_FILES
from darkpy.data.labelled import NAMES_FILES

_LOOKED_AT = 3000  # files of a folder; the first of each ending tells
_DEEPEST = 3  # folders below each other
_COCO = ("instances_", "_annotations.coco", "person_keypoints_")
_ROOTS = (("annotations", "cvat"), ("annotation", "voc"), ("dataset", "imglab"))
_ROOT = re.compile(rb"<([A-Za-z_]\w*)")
_CREATEML = rb'\s*\[\s*\{\s*"(image|imagefilename|annotations)"'
# Keys near the beginning of a JSON file; those of COCO come in any order.
_KEYS = (
    (rb'"(shapes|imagePath)"', "labelme"),
    (rb'"(assets?|securityToken|visitedFrameId)"', "vott"),
    (rb'"(images|annotations|categories|licenses)"', "coco"),
)


def format_of(source: Path) -> str:
    """The name of the format that a source is in, or nothing if it cannot be told."""
    if source.is_file():
        return _format_of_file(source)
    files = list(islice(_files(source), _LOOKED_AT))
    names = {path.name.lower() for path in files}
    if names.intersection(YAML_FILES) or any(name.endswith(".data") for name in names):
        return "yolo"
    for ending in (".xml", ".json", ".csv"):
        of_kind = [path for path in files if path.suffix.lower() == ending]
        found = (_format_of_file(path) for path in of_kind[:20])
        first = next((format for format in found if format), "")
        if first:
            return first
    labels = any(path.suffix.lower() == ".txt" and path.name not in NAMES_FILES for path in files)
    return "yolo" if labels else ""


def _files(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders.sort()
        if len(Path(place).relative_to(folder).parts) >= _DEEPEST:
            folders.clear()
        yield from (Path(place, name) for name in sorted(names))


def _format_of_file(path: Path) -> str:
    ending, raw = path.suffix.lower(), beginning(path)
    if ending in (".yaml", ".yml", ".data"):
        return "yolo"
    if ending == ".csv":
        return "csv"
    if ending == ".xml":
        root = _ROOT.search(raw)
        return dict(_ROOTS).get(root[1].decode(), "") if root else ""
    if ending != ".json":
        return ""
    if path.name.startswith(_COCO):
        return "coco"
    if raw.lstrip().startswith(b"["):
        return "createml" if re.match(_CREATEML, raw) else "labelstudio"
    return next((format for pattern, format in _KEYS if re.search(pattern, raw)), "")
