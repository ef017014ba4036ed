"""CVAT's own XML, "CVAT for images 1.1": annotations.xml beside a folder of pictures.

Boxes count from 0. Polygons, ellipses, cuboids, masks and turned boxes become the box around them;
tags, points and lines hold no box and are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from darkpy.errors import DataError
from darkpy.events import Progress
from darkpy.importers.annotated import Collected, Reading
from darkpy.importers.gathering import Edges, Gathering, PictureEntry, Thing, around, turned
from darkpy.importers.markup import MarkupError, Node, read_xml

_NAME = "annotations.xml"
_AROUND = "outlines and turned boxes, of which the box around them is used"


def read_cvat(source: Path, *, images: str = "") -> Reading:
    """Read one .xml, or annotations.xml in a folder or the folders in it.

    images: another folder of pictures. DataError if nothing can be made of it.
    """
    files = [source]
    if source.is_dir():
        files = [*sorted(source.glob(_NAME)), *sorted(source.glob(f"*/{_NAME}"))]
        files = files or sorted(source.glob("*.xml"))
    if not files:
        raise DataError.at(source, None, f"holds no {_NAME}")
    collected = Collected()
    names: dict[str, None] = {}
    base = source if source.is_dir() else source.parent
    more = [Path(images)] if images else []
    for path in files:
        root = read_xml(path)
        _refuse_others(path, root)
        folders = [*more, path.parent / "images", path.parent]
        gathering = Gathering(collected, folders, [base, *more])
        yield from _add_all(path, root, gathering)
        gathering.tell(path)
        names |= dict.fromkeys(_names(root))
    return gathering.finish(source, names)


def _refuse_others(path: Path, root: Node) -> None:
    if root.tag != "annotations":
        raise MarkupError(path, root.line, f"<{root.tag}> without <annotations>: not CVAT's")
    if root.all("track") and not root.all("image"):
        message = "is CVAT for video, which names no pictures: export 'CVAT for images'"
        raise MarkupError(path, root.line, message)


def _names(root: Node) -> Iterator[str]:
    """Names of the labels in the order of the task or project."""
    meta = root.first("meta")
    holders = meta.children if meta else []
    for holder in [*holders, *(child for one in holders for child in one.children)]:
        labels = holder.first("labels")
        yield from (label.word("name") for label in (labels.all("label") if labels else ()))


def _add_all(path: Path, root: Node, gathering: Gathering) -> Iterator[Progress]:
    images = root.all("image")
    for done, node in enumerate(images, start=1):
        width, height = (_number(node, side) for side in ("width", "height"))
        picture_wh = (int(width), int(height)) if width > 0 and height > 0 else None
        # A subset is a folder of the pictures, which names may leave out.
        subset, name = node.attributes.get("subset", ""), node.attributes.get("name", "")
        whole = f"{subset}/{name}" if subset else name
        things = list(_things(path, node, gathering))
        gathering.add(PictureEntry(whole, things, picture_wh, (path, node.line), subset or "train"))
        yield Progress(f"reading {path.name}", done, len(images))


def _things(path: Path, image: Node, gathering: Gathering) -> Iterator[Thing]:
    for node in image.children:
        shape = _SHAPES.get(node.tag)
        if shape is None:
            gathering.count(f"<{node.tag}> elements, which hold no box, left out")
            continue
        try:
            edges = shape(node)
        except (KeyError, ValueError):
            gathering.collected.warn(
                path, node.line, f"<{node.tag}> without proper numbers; left out"
            )
            continue
        if node.tag != "box" or _number(node, "rotation"):
            gathering.count(_AROUND)
        yield Thing(node.attributes.get("label", ""), edges)


def _number(node: Node, key: str) -> float:
    """A number of an element, 0 where it has none."""
    try:
        return float(node.attributes[key])
    except (KeyError, ValueError):
        return 0.0


def _box(node: Node) -> Edges:
    left, top, right, bottom = (float(node.attributes[k]) for k in ("xtl", "ytl", "xbr", "ybr"))
    degrees = _number(node, "rotation")
    if not degrees:
        return left, top, right, bottom
    centre = (left + right) / 2, (top + bottom) / 2
    return turned(centre, ((right - left) / 2, (bottom - top) / 2), degrees)


def _polygon(node: Node) -> Edges:
    points = node.attributes["points"].split(";")
    return around([float(number) for number in point.split(",")] for point in points)


def _ellipse(node: Node) -> Edges:
    cx, cy, rx, ry = (float(node.attributes[key]) for key in ("cx", "cy", "rx", "ry"))
    return turned((cx, cy), (rx, ry), _number(node, "rotation"))


def _cuboid(node: Node) -> Edges:
    values = node.attributes
    corners = [key[1:] for key in values if key.startswith("x") and f"y{key[1:]}" in values]
    return around((float(values[f"x{key}"]), float(values[f"y{key}"])) for key in corners)


def _mask(node: Node) -> Edges:
    left, top, w, h = (float(node.attributes[key]) for key in ("left", "top", "width", "height"))
    return left, top, left + w, top + h


_SHAPES = {
    "box": _box,
    "polygon": _polygon,
    "ellipse": _ellipse,
    "cuboid": _cuboid,
    "mask": _mask,
}
