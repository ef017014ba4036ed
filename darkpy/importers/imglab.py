"""dlib's imglab: <image file=...> with <box top= left= width= height=>, pixels from 0 on.

Boxes with ignore='1' become ignored boxes of every class, as dlib's detectors take them; parts are
left out, and a box without a label is of class 'object'.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from darkpy.errors import PictureError
from darkpy.events import Progress
from darkpy.importers.annotated import Annotated, Box, Collected, Reading, clean_name, unit_box
from darkpy.importers.gathering import files_of
from darkpy.importers.markup import MarkupError, Node, read_xml
from darkpy.importers.pictures import Pictures, misfit, size_of

UNLABELLED = "object"
_EDGES = ("left", "top", "width", "height")


def read_imglab(source: Path, *, images: str = "") -> Reading:
    """Read one .xml, or all in a folder; each is a list. images: another folder of pictures.

    DataError if nothing can be made of it.
    """
    collected = Collected()
    files, _ = files_of(source, ".xml")
    for path in files:
        root = read_xml(path)
        listed = root.first("images")
        if listed is not None:
            yield from _File(path, collected, images).read(listed.all("image"))
        elif len(files) == 1:
            raise MarkupError(path, root.line, f"<{root.tag}> without <images>: not imglab's")
        else:
            collected.note(
                path, root.line, f"<{root.tag}> without <images>: not imglab's, left out"
            )
    collected.need_pictures(source)
    collected.names = tuple(sorted(collected.found_names()))
    return collected


class _File:
    """One XML file."""

    def __init__(self, path: Path, collected: Collected, images: str) -> None:
        self.path, self.collected = path, collected
        self.pictures = Pictures([path.parent, *([Path(images)] if images else [])])
        self.left_out: Counter[str] = Counter()

    def read(self, images: list[Node]) -> Iterator[Progress]:
        """Add everything to `collected`."""
        keys = self.collected.lists.setdefault(self.path.stem, [])
        for done, node in enumerate(images, start=1):
            key = f"{self.path.stem}/{node.attributes.get('file', '')}"
            if key in self.collected.pictures:
                message = f"picture {node.attributes['file']} stands twice; the first is kept"
                self.collected.warn(self.path, node.line, message)
            elif self._add(key, node):
                keys.append(key)
            yield Progress(f"reading {self.path.name}", done, len(images))
        for what, count in self.left_out.items():
            self.collected.note(self.path, None, f"{count} {what}")

    def _add(self, key: str, node: Node) -> bool:
        name = node.attributes.get("file", "")
        picture = self.pictures.named(name) if name else None
        if picture is None:
            message = f"picture '{name}' {self.pictures.missing(name)}; left out"
            self.collected.warn(self.path, node.line, message)
            return False
        try:
            given = _given_size(node)
            picture_wh = given or size_of(picture)
        except PictureError as problem:
            self.collected.warn(self.path, node.line, f"{problem}; left out")
            return False
        odd = misfit(picture, picture_wh) if given else ""
        if odd:
            self.collected.warn(self.path, node.line, f"{name}: {odd}")
        boxes = [self._box(each, picture_wh) for each in node.all("box")]
        kept = tuple(box for box in boxes if box)
        self.collected.pictures[key] = Annotated(picture, kept)
        return True

    def _box(self, node: Node, picture_wh: tuple[int, int]) -> Box | None:
        try:
            left, top, width, height = (float(node.attributes[name]) for name in _EDGES)
        except (KeyError, ValueError):
            words = " ".join(f"{name}={node.attributes.get(name)}" for name in _EDGES)
            self.collected.warn(self.path, node.line, f"{words}: numbers are needed; left out")
            return None
        ignored = node.attributes.get("ignore") == "1"
        name = clean_name(node.word("label"))
        if node.all("part"):
            self.left_out["boxes have parts, which are left out"] += 1
        if not name and not ignored:
            self.left_out[f"boxes have no label: they are of class '{UNLABELLED}'"] += 1
            name = UNLABELLED
        cxcywh, remark = unit_box(left, top, left + width, top + height, picture_wh)
        if remark:
            tell = self.collected.note if cxcywh else self.collected.warn
            tell(self.path, node.line, f"{name or 'ignored'}: {remark}")
        if cxcywh is None:
            return None
        return Box(None if ignored else name, cxcywh, ignored)


def _given_size(node: Node) -> tuple[int, int] | None:
    """Width and height, which newer versions of imglab write."""
    try:
        picture_wh = int(node.attributes["width"]), int(node.attributes["height"])
    except (KeyError, ValueError):
        return None
    return picture_wh if min(picture_wh) > 0 else None
