"""PASCAL VOC: Annotations/*.xml, JPEGImages/, ImageSets/Main/*.txt; also labelImg's files, which
lie beside their pictures.

Edges are turned into shares as Darknet's scripts/voc_label.py does it: pixels count from 1, the
centre is their mean less 1, the size their difference. A box so lies half a pixel up and left of
the pixels it names and is one smaller; networks trained with Darknet's labels expect that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from darkpy.errors import DataError, Finding, PictureError
from darkpy.events import Progress
from darkpy.importers.annotated import Annotated, Box, Collected, Reading, clean_name, unit_box
from darkpy.importers.markup import MarkupError, Node, read_xml
from darkpy.importers.pictures import Pictures, misfit, size_of
from darkpy.importers.voc_layout import List, Year, picture_stems, years

FIRST_PIXEL = 1
_EDGES = ("xmin", "ymin", "xmax", "ymax")


def read_voc(source: Path, *, first_pixel: int = FIRST_PIXEL, images: str = "") -> Reading:
    """Read a VOC folder in any of the layouts of `voc_layout`.

    `difficult` objects become ignored boxes of their class; truncated and occluded ones are
    objects. first_pixel: the number of a picture's first pixel. images: another folder of
    pictures. DataError if there is nothing.
    """
    collected = Collected()
    for year in years(source):
        yield from _Year(year, collected, first_pixel, source, images).read()
    if not collected.pictures:
        what = "\n".join(str(finding) for finding in collected.findings[:5])
        raise DataError(f"{what}\n{source}: there is no annotated picture".lstrip())
    collected.names = tuple(sorted(collected.found_names()))
    return collected


class _Year:
    """One folder with annotations."""

    def __init__(
        self, year: Year, collected: Collected, first_pixel: int, source: Path, images: str
    ) -> None:
        self.year, self.collected, self.first_pixel = year, collected, first_pixel
        self.annotations = year.annotations
        folders = [Path(images)] if images else []
        self.pictures = Pictures([*folders, *year.picture_folders], [source, *folders])
        self.at_zero = self.boxes = 0
        self.stems = year.stems()
        self.called: dict[str, list[str]] = defaultdict(list)  # stems by their last part
        for stem in self.stems:
            self.called[stem.rpartition("/")[2]].append(stem)

    def read(self) -> Iterator[Progress]:
        """Add everything to `collected`."""
        stems = self.stems
        wanted = dict.fromkeys(stems)
        lists = self.year.lists()
        if lists:
            wanted = dict.fromkeys(
                self._meant(stem) for _, _, entries in lists for _, stem in entries
            )
            beside = len(stems.keys() - wanted.keys())
            if beside:
                note = f"{beside} annotated pictures are in no list of ImageSets/Main; left out"
                self.collected.note(self.annotations, None, note)
        else:
            lists = self._lists_by_folder()
        for done, stem in enumerate(wanted, start=1):
            if stem in stems:
                self._add(stem, stems[stem])
            yield Progress("reading annotations", done, len(wanted))
        for path, name, entries in lists:
            self._list(path, name, entries)
        if self.at_zero:
            self._ask_for_first_pixel()

    def _lists_by_folder(self) -> list[List]:
        """Lists after folders called train, valid or test; otherwise one of everything."""
        found: dict[str, list[tuple[int | None, str]]] = defaultdict(list)
        for stem in self.stems:
            found[self.year.list_of(stem)].append((None, stem))
        if found.keys() <= {""}:
            note = "no lists in ImageSets/Main: all pictures go into train.txt"
            self.collected.note(self.year.folder, None, note)
        elif "" in found:
            note = f"{len(found[''])} pictures in no folder of a list go into train.txt"
            self.collected.note(self.year.folder, None, note)
        return [(self.year.folder, name or "train", entries) for name, entries in found.items()]

    def _ask_for_first_pixel(self) -> None:
        warning = (
            f"{self.at_zero} of {self.boxes} boxes have an edge at pixel 0, though VOC counts from "
            "1: if the program that wrote them counts from 0, import with -first_pixel 0"
        )
        # In front of all others, for it concerns every box.
        self.collected.findings.insert(0, Finding(str(self.annotations), None, "warning", warning))

    def _meant(self, entry: str) -> str:
        """The annotation that an entry of a list means, which may leave its folders out."""
        alike = self.called.get(entry.rpartition("/")[2], ())
        return alike[0] if entry not in self.stems and len(alike) == 1 else entry

    def _list(self, path: Path, name: str, entries: list[tuple[int | None, str]]) -> None:
        keys = self.collected.lists.setdefault(name, [])
        for line, entry in entries:
            stem = self._meant(entry)
            key = self.year.prefix + stem
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
            if root.tag != "annotation":
                raise MarkupError(path, root.line, f"<{root.tag}> is no VOC <annotation>")
            picture = self._picture(stem, root)
            if picture is None:
                missing = self.pictures.missing(stem)
                raise MarkupError(path, None, f"picture {stem}.* {missing}")
            picture_wh = self._size(root, path, picture)
        except MarkupError as problem:
            collected.warn(path, problem.line, f"{problem.reason}; picture left out")
            return
        boxes = [self._box(each, path, picture_wh) for each in root.all("object")]
        kept = tuple(box for box in boxes if box)
        collected.pictures[self.year.prefix + stem] = Annotated(picture, kept)

    def _picture(self, stem: str, root: Node) -> Path | None:
        """The picture called like the annotation, else the one that it names."""
        for possible in picture_stems(stem):
            picture = self.pictures.stemmed(possible)
            if picture is not None:
                return picture
        name = root.word("filename").replace("\\", "/").rpartition("/")[2]
        return None if Path(name).stem in self.called else self.pictures.named(name)

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
            picture_wh = size_of(picture)
        except PictureError as problem:
            raise MarkupError(path, line, f"has no size, and {problem}") from None
        self.collected.note(
            path, line, f"has no size; taken from the picture, {picture_wh[0]} x {picture_wh[1]}"
        )
        return picture_wh

    def _box(self, node: Node, path: Path, picture_wh: tuple[int, int]) -> Box | None:
        name = clean_name(node.word("name"))
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
        self.boxes += 1
        self.at_zero += bool(self.first_pixel) and 0 in edges[:2]
        cxcywh, remark = unit_box(*(edge - self.first_pixel for edge in edges), picture_wh)
        if remark:
            tell = self.collected.note if cxcywh else self.collected.warn
            tell(path, frame.line, f"{name}: {remark}")
        if cxcywh is None:
            return None
        return Box(name, cxcywh, ignored=node.word("difficult") in ("1", "true", "True"))
