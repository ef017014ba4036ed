"""What an importer finds: pictures, their boxes, lists of them, and all that is odd."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from darkpy.data.picture_content import SUFFIXES
from darkpy.errors import DataError, Finding, shown_text
from darkpy.events import Progress

TRAIN, VALID = ("train", "trainval"), ("val", "valid", "validation", "test", "testing")
PICTURE_ENDINGS = frozenset(SUFFIXES)
_TOLD = 5  # findings that say why there is no picture
_CRUMB = 0.01  # px beyond the border that are rounding, and not worth a remark
_SMALLEST = 1e-7  # share of a side: what a label's eight decimals still tell from nothing


@dataclass(frozen=True)
class Box:
    """One box, cx cy w h in the unit square of its picture.

    name: of its class; None means every class, which only an ignored box may.
    """

    name: str | None
    cxcywh: tuple[float, float, float, float]
    ignored: bool = False


@dataclass(frozen=True)
class Annotated:
    """A picture of the source and what is in it."""

    picture: Path
    boxes: tuple[Box, ...]


@dataclass
class Collected:
    """Everything that is to be written.

    pictures: by a key of their own. lists: name of a list -> keys of its pictures, in order.
    names: of the classes, in the order of their numbers. findings: all that is odd.
    """

    pictures: dict[str, Annotated] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    findings: list[Finding] = field(default_factory=list)

    def warn(self, source: str | Path, line: int | None, message: str) -> None:
        """Something was left out, or is probably not what its author meant."""
        self.findings.append(Finding(str(source), line, "warning", message))

    def note(self, source: str | Path, line: int | None, message: str) -> None:
        """Something is odd and was put right."""
        self.findings.append(Finding(str(source), line, "note", message))

    def keep_names(self, names: Iterable[str], source: str | Path) -> None:
        """Take these classes in this order, and leave out the boxes of all others."""
        self.names = tuple(names)
        lost: Counter[str] = Counter()
        for key, one in self.pictures.items():
            foreign = [b.name for b in one.boxes if b.name and b.name not in self.names]
            if foreign:
                lost.update(foreign)
                kept = tuple(b for b in one.boxes if b.name is None or b.name in self.names)
                self.pictures[key] = Annotated(one.picture, kept)
        for name, count in lost.most_common():
            self.warn(
                source, None, f"{count} boxes of class '{name}', which is not in it, left out"
            )

    def tidy_lists(self, taken: str) -> None:
        """Give lists the names of files: in one line, and none that is `taken`."""
        tidy: dict[str, list[str]] = {}
        for name, keys in self.lists.items():
            plain = "".join(c if c.isprintable() and c not in "/\\" else "_" for c in name) or "_"
            while plain in tidy or plain == taken:
                plain += "_"
            tidy[plain] = keys
        self.lists = tidy

    def need_pictures(self, source: str | Path) -> None:
        """DataError with the first findings where there is no picture."""
        if self.pictures:
            return
        told = "\n".join(str(finding) for finding in self.findings[:_TOLD])
        remedy = "if they lie elsewhere, -images FOLDER says where"
        raise DataError(f"{told}\n{source}: there is no picture to import; {remedy}".lstrip())

    def found_names(self) -> set[str]:
        """Names of all classes that occur."""
        return {box.name for one in self.pictures.values() for box in one.boxes if box.name}

    def first_list(self, wanted: Iterable[str]) -> str:
        """The first of these lists that there is, else the first whose name begins so, else ''."""
        wanted = tuple(wanted)
        exact = [name for name in wanted if name in self.lists]
        alike = [name for name in self.lists if name.lower().startswith(wanted)]
        return (exact or alike or [""])[0]


def clean_name(text: str) -> str:
    """A class name of a foreign file as it goes into a names file: one line, nothing hidden."""
    whole = text.encode(errors="backslashreplace").decode()  # JSON can hold half letters
    return shown_text(" ".join(whole.split()))


Reading = Generator[Progress, None, Collected]


def unit_box(
    left: float, top: float, right: float, bottom: float, picture_wh: tuple[int, int]
) -> tuple[tuple[float, float, float, float] | None, str]:
    """Edges in px and the picture's (width, height) -> cx cy w h of the unit square, and a remark.

    Edges that were swapped are put in order and the box is cut at the picture; None where nothing
    is left of it. The remark is empty where nothing is odd.
    """
    edges = (left, top, right, bottom)
    shown = " ".join(f"{edge:g}" for edge in edges)
    if not all(map(math.isfinite, edges)):
        return None, f"the box {shown} is not finite; left out"
    remarks = []
    if right < left or bottom < top:
        remarks.append("corners in the wrong order, put in order")
        left, right, top, bottom = *sorted((left, right)), *sorted((top, bottom))
    if right == left or bottom == top:
        return None, f"the box {shown} is empty; left out"
    width, height = picture_wh
    x0, x1 = (min(max(edge / width, 0.0), 1.0) for edge in (left, right))
    y0, y1 = (min(max(edge / height, 0.0), 1.0) for edge in (top, bottom))
    if x1 - x0 < _SMALLEST or y1 - y0 < _SMALLEST:
        return None, f"the box {shown} lies outside the picture of {width} x {height}; left out"
    beyond = max(-left, -top, right - width, bottom - height)
    if beyond <= 0:
        cxcywh = (left + right) / 2 / width, (top + bottom) / 2 / height
        return (*cxcywh, (right - left) / width, (bottom - top) / height), _joined(remarks, shown)
    if beyond > _CRUMB:
        remarks.append(f"{beyond:g} px outside the picture of {width} x {height}, cut off")
    return ((x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0), _joined(remarks, shown)


def _joined(remarks: list[str], shown: str) -> str:
    return f"the box {shown}: {'; '.join(remarks)}" if remarks else ""
