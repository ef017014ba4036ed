"""PASCAL VOC: Annotations/*.xml, JPEGImages/, ImageSets/Main/*.txt; also labelImg's files, which
lie beside their pictures.

Edges are turned into shares as Darknet's scripts/voc_label.py does it: pixels count from 1, the
centre is their mean less 1, the size their difference. A box so lies half a pixel up and left of
the pixels it names and is one smaller; networks trained with Darknet's labels expect that.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from darkpy.cfg.text import read_lines
from darkpy.errors import DataError, PictureError
from darkpy.events import Progress
from darkpy.importers.annotated import Annotated, Box, Collected, Reading, unit_box
from darkpy.importers.markup import MarkupError, Node, read_xml
from darkpy.importers.pictures import Pictures, misfit, size_of

FIRST_PIXEL = 1
_EDGES = ("xmin", "ymin", "xmax", "ymax")
_CLASS_LIST_MARKS = {"1", "-1", "0"}  # second word of the lists that are about one class


def read(source: Path, *, first_pixel: int = FIRST_PIXEL) -> Reading:
    """Read a VOC folder, a folder of several (VOCdevkit), or one with XML beside pictures.

    `difficult` objects become ignored boxes of their class; truncated and occluded ones are
    objects. first_pixel: the number of a picture's first pixel. DataError if there is nothing.
    """
    collected = Collected()
    years = _years(source)
    for year in years:
        yield from _Year(year, collected, first_pixel, prefixed=len(years) > 1).read()
    if not collected.pictures:
        what = "\n".join(str(finding) for finding in collected.findings[:5])
        raise DataError(f"{what}\n{source}: there is no annotated picture".lstrip())
    collected.names = tuple(sorted(collected.found_names()))
    return collected


def _years(source: Path) -> list[Path]:
    """The folders that hold annotations."""
    if (source / "Annotations").is_dir() or any(source.glob("*.xml")):
        return [source]
    inside = sorted(folder.parent for folder in source.glob("*/Annotations") if folder.is_dir())
    if not inside:
        raise DataError.at(source, None, "holds no Annotations/ folder and no *.xml file")
    return inside


class _Year:
    """One folder with annotations."""

    def __init__(self, folder: Path, collected: Collected, first_pixel: int, *, prefixed: bool):
        self.folder, self.collected, self.first_pixel = folder, collected, first_pixel
        self.prefix = f"{folder.name}_" if prefixed else ""
        apart = folder / "Annotations"
        self.annotations = apart if apart.is_dir() else folder
        self.pictures = Pictures([folder / "JPEGImages", folder / "images", self.annotations])

        self.at_zero = 0
        self.stems = {path.stem: path for path in sorted(self.annotations.glob("*.xml"))}

    def read(self) -> Iterator[Progress]:
        """Add everything to `collected`."""
        stems = self.stems
        wanted = dict.fromkeys(stems)
        lists = list(self._lists())
        if lists:
            wanted = dict.fromkeys(stem for _, _, entries in lists for _, stem in entries)
            beside = len(stems.keys() - wanted.keys())
            if beside:
                note = f"{beside} annotated pictures are in no list of ImageSets/Main; left out"
                self.collected.note(self.annotations, None, note)
        else:
            note = "no lists in ImageSets/Main: all pictures go into train.txt"
            self.collected.note(self.folder, None, note)
            lists = [(self.folder, "train", [(None, stem) for stem in stems])]
        for done, stem in enumerate(wanted, start=1):
            if stem in stems:
                self._add(stem, stems[stem])
            yield Progress("reading annotations", done, len(wanted))
        for path, name, entries in lists:
            self._list(path, name, entries)
        if self.at_zero:
            note = (
                f"{self.at_zero} boxes have an edge at pixel 0, though VOC counts from 1: if the "
                "program that wrote them counts from 0, import with -first_pixel 0"
            )
            self.collected.note(self.annotations, None, note)

    def _lists(self) -> Iterator[tuple[Path, str, list[tuple[int | None, str]]]]:
        """Path, name and (line, picture) of every list that is not about one class."""
        for path in sorted((self.folder / "ImageSets/Main").glob("*.txt")):
            lines = enumerate(read_lines(path, DataError, "the list of pictures"), start=1)
            entries = [(number, words) for number, line in lines if (words := line.split())]
            if any(len(words) == 2 and words[1] in _CLASS_LIST_MARKS for _, words in entries):
                continue
            yield path, path.stem, [(number, " ".join(words)) for number, words in entries]

    def _list(self, path: Path, name: str, entries: list[tuple[int | None, str]]) -> None:
        keys = self.collected.lists.setdefault(name, [])
        for line, stem in entries:
            key = self.prefix + stem
            if key in self.collected.pictures:
                keys.append(key)
            elif stem not in self.stems:
                missing = self.annotations / f"{stem}.xml"
                self.collected.warn(path, line, f"{missing} does not exist; picture left out")

    def _add(self, stem: str, path: Path) -> None:
        """Read one annotation; where it is no use, say so."""
        collected = self.collected
        try:
            root = read_xml(path)
            picture = self.pictures.stemmed(stem) or self._named(root)
            if picture is None:
                raise MarkupError(path, None, f"picture {stem}.* is not in {self.pictures}")
            size = self._size(root, path, picture)
        except MarkupError as problem:
            collected.warn(path, problem.line, f"{problem.reason}; picture left out")
            return
        boxes = [self._box(each, path, size) for each in root.all("object")]
        kept = tuple(box for box in boxes if box)
        collected.pictures[self.prefix + stem] = Annotated(picture, kept)

    def _named(self, root: Node) -> Path | None:
        """The picture of <filename>, unless another annotation is called like it."""
        name = root.word("filename").replace("\\", "/").rpartition("/")[2]
        return None if Path(name).stem in self.stems else self.pictures.named(name)

    def _size(self, root: Node, path: Path, picture: Path) -> tuple[int, int]:
        """Width and height from the annotation, or from the picture where that has none."""
        given = root.first("size")
        line = given.line if given else None
        try:
            width, height = (int(float(given.word(side))) for side in ("width", "height"))
        except (AttributeError, ValueError, OverflowError):
            width = height = 0
        if width > 0 and height > 0:
            odd = misfit(picture, (width, height))
            if odd:
                self.collected.warn(path, line, odd)
            return width, height
        try:
            size = size_of(picture)
        except PictureError as problem:
            raise MarkupError(path, line, f"has no size, and {problem}") from None
        self.collected.note(
            path, line, f"has no size; taken from the picture, {size[0]} x {size[1]}"
        )
        return size

    def _box(self, node: Node, path: Path, size: tuple[int, int]) -> Box | None:
        name = " ".join(node.word("name").split())
        frame = node.first("bndbox")
        if not name or frame is None:
            what = "no name" if frame is not None else "no bndbox"
            self.collected.warn(path, node.line, f"an object with {what}; left out")
            return None
        try:
            edges = [float(frame.word(edge)) for edge in _EDGES]
        except ValueError:
            words = " ".join(f"{edge}='{frame.word(edge)}'" for edge in _EDGES)
            self.collected.warn(path, frame.line, f"{words}: numbers are needed; left out")
            return None
        self.at_zero += bool(self.first_pixel) and 0 in edges[:2]
        cxcywh, remark = unit_box(*(edge - self.first_pixel for edge in edges), size)
        if remark:
            tell = self.collected.note if cxcywh else self.collected.warn
            tell(path, frame.line, f"{name}: {remark}")
        if cxcywh is None:
            return None
        return Box(name, cxcywh, ignored=node.word("difficult") in ("1", "true", "True"))
