"""VoTT's JSON: an export with all assets, or a project's *-asset.json files; px from 0 on.

Polygons become the box around them; a region with several tags is an object of each. Assets that
nobody looked at are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from darkpy.events import Progress
from darkpy.importers.annotated import Collected, Reading
from darkpy.importers.gathering import Edges, Gathering, PictureEntry, Thing, around, files_of
from darkpy.importers.json_file import read_json, rows, size_wh, word

_NOT_LOOKED_AT = 0  # state of an asset
_AROUND = "outlines, of which the box around them is used"


def read_vott(source: Path, *, images: str = "") -> Reading:
    """Read one .json, or all in a folder. images: another folder of pictures.

    DataError if nothing can be made of it.
    """
    files, base = files_of(source, ".json")
    more = [Path(images)] if images else []
    gathering = Gathering(Collected(), [*more, base, base / "images"], [base, *more])
    names: dict[str, None] = {}
    for path in files:
        table = read_json(path)
        names |= dict.fromkeys(word(tag, "name") for tag in rows(table, "tags"))
        assets = list(_assets(table))
        if not assets:
            message = "has neither 'assets' nor 'asset' with 'regions': not VoTT's, left out"
            gathering.collected.note(path, None, message)
        for done, asset in enumerate(assets, start=1):
            _add(path, asset, gathering)
            yield Progress(f"reading {path.name}", done, len(assets))
    return gathering.finish(source, names)


def _assets(table: Any) -> Iterator[dict[str, Any]]:
    """The assets of an export, or the one of its own file."""
    if not isinstance(table, dict):
        return
    assets = table.get("assets")
    listed = assets.values() if isinstance(assets, dict) else (table,)
    yield from (
        one
        for one in listed
        if isinstance(one, dict) and isinstance(one.get("asset"), dict) and "regions" in one
    )


def _add(path: Path, asset: dict[str, Any], gathering: Gathering) -> None:
    about = asset["asset"]
    if about.get("state") == _NOT_LOOKED_AT:
        gathering.count("assets that nobody looked at, left out")
        return
    name = unquote(word(about, "name") or word(about, "path").removeprefix("file:"))
    things = list(_things(path, asset, gathering))
    picture_wh = size_wh(about.get("size"), "width", "height")
    gathering.add(PictureEntry(name, things, picture_wh, (path, None)))


def _things(path: Path, asset: dict[str, Any], gathering: Gathering) -> Iterator[Thing]:
    for region in rows(asset, "regions"):
        tags = region.get("tags")
        if not isinstance(tags, list) or not tags:
            gathering.count("regions without a tag, left out")
            continue
        try:
            edges = _edges(region)
        except (KeyError, TypeError, ValueError):
            gathering.collected.warn(path, None, f"a region of {tags} without numbers; left out")
            continue
        if word(region, "type") not in ("RECTANGLE", "SQUARE", ""):
            gathering.count(_AROUND)
        yield from (Thing(str(tag), edges) for tag in tags)


def _edges(region: dict[str, Any]) -> Edges:
    box = region.get("boundingBox")
    if not isinstance(box, dict):
        return around((point["x"], point["y"]) for point in region["points"])
    left, top, w, h = (float(box[key]) for key in ("left", "top", "width", "height"))
    return left, top, left + w, top + h
