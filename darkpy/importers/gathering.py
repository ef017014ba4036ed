"""What most readers do alike: find a picture, measure it, judge boxes, count what is left out."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from darkpy.errors import DataError, PictureError
from darkpy.importers.annotated import TRAIN, VALID, Annotated, Box, Collected, clean_name, unit_box
from darkpy.importers.pictures import Pictures, misfit, size_of

Edges = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(frozen=True)
class Thing:
    """An object as a file gives it. unit_wh: the picture in the unit of the edges, px if None."""

    name: str
    edges: Edges
    ignored: bool = False
    unit_wh: tuple[int, int] | None = None


@dataclass(frozen=True)
class PictureEntry:
    """A picture as a file names it. size_wh: px, if given. place: file and line that say so."""

    name: str
    things: Sequence[Thing]
    size_wh: tuple[int, int] | None
    place: tuple[Path, int | None]
    list: str = "train"


def files_of(source: Path, ending: str, *, below: bool = False) -> tuple[list[Path], Path]:
    """The files of a source and the folder that it is: a file alone, or all with this ending.

    below: those in the source's folders too. DataError if there is none.
    """
    if not source.is_dir():
        return [source], source.parent
    files = sorted(source.glob(f"*{ending}"))
    if below:
        files += sorted(source.glob(f"*/*{ending}"))
    if not files:
        raise DataError.at(source, None, f"holds no *{ending} file")
    return files, source


class Gathering:
    """Adds entries to what was collected, with a remark on everything that is odd.

    folders: where pictures may lie; inside: the only folders that they are taken from.
    """

    def __init__(self, collected: Collected, folders: Iterable[Path], inside: Iterable[Path]):
        self.collected = collected
        self.pictures = Pictures(folders, inside)
        self.counts: Counter[str] = Counter()

    @classmethod
    def each(
        cls, source: Path, ending: str, images: str, collected: Collected
    ) -> Iterator[tuple[Path, str, Gathering]]:
        """Each file of a source whose folders may be its lists: path, name of the list, gathering.

        images: a folder of pictures, besides those where the files lie.
        """
        files, base = files_of(source, ending, below=True)
        more = [Path(images)] if images else []
        for path in files:
            folders = [*more, path.parent, path.parent / "images", base, base / "images"]
            gathering = cls(collected, folders, [base, *more])
            folder = path.parent.name if path.parent != base else ""
            yield path, list_of((folder, path.stem)) or "train", gathering
            gathering.tell(path)

    def add(self, entry: PictureEntry) -> None:
        """Take a picture with its boxes, or say why not."""
        collected, place = self.collected, entry.place
        key = f"{entry.list}/{entry.name}"
        if key in collected.pictures:
            collected.warn(*place, f"picture {entry.name} stands twice; the first is kept")
            return
        picture = self.pictures.named(entry.name)
        if picture is None:
            why = self.pictures.missing(entry.name)
            collected.warn(*place, f"picture {entry.name} {why}; left out")
            return
        try:
            picture_wh = entry.size_wh or size_of(picture)
        except PictureError as problem:
            collected.warn(*place, f"{problem}; left out")
            return
        odd = misfit(picture, picture_wh) if entry.size_wh else ""
        if odd:
            collected.warn(*place, f"{entry.name}: {odd}")
        boxes = (self._box(thing, picture_wh, place) for thing in entry.things)
        collected.pictures[key] = Annotated(picture, tuple(box for box in boxes if box))
        collected.lists.setdefault(entry.list, []).append(key)

    def _box(
        self, thing: Thing, picture_wh: tuple[int, int], place: tuple[Path, int | None]
    ) -> Box | None:
        name = clean_name(thing.name)
        if not name:
            self.collected.warn(*place, "an object without a name; left out")
            return None
        cxcywh, remark = unit_box(*thing.edges, thing.unit_wh or picture_wh)
        if remark:
            tell = self.collected.note if cxcywh else self.collected.warn
            tell(*place, f"{name}: {remark}")
        return Box(name, cxcywh, thing.ignored) if cxcywh else None

    def count(self, what: str) -> None:
        """One more of what is said once, with its number, at the end."""
        self.counts[what] += 1

    def tell(self, source: Path) -> None:
        """Say what was counted of this source."""
        for what, count in self.counts.items():
            self.collected.note(source, None, f"{what}: {count}")
        self.counts.clear()

    def finish(self, source: Path, names: Iterable[str] = ()) -> Collected:
        """Say what was counted; names: of the classes in their order, others follow.

        DataError if there is no picture.
        """
        self.tell(source)
        return finished(self.collected, source, names)


def finished(collected: Collected, source: Path, names: Iterable[str] = ()) -> Collected:
    """What was collected with its classes named: those of `names` first, in their order.

    DataError if there is no picture.
    """
    collected.need_pictures(source)
    known = dict.fromkeys(clean_name(name) for name in names if clean_name(name))
    collected.names = tuple(known | dict.fromkeys(sorted(collected.found_names())))
    return collected


def around(points: Iterable[Sequence[float]]) -> Edges:
    """Edges of the box around points x, y. ValueError if there are none."""
    xs, ys = zip(*((float(x), float(y)) for x, y in points), strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def turned(centre: tuple[float, float], half: tuple[float, float], degrees: float) -> Edges:
    """Edges of the box around one of this centre and half sides that was turned.

    >>> [round(edge) for edge in turned((10, 10), (4, 2), 90)]
    [8, 6, 12, 14]
    """
    c, s = abs(math.cos(math.radians(degrees))), abs(math.sin(math.radians(degrees)))
    w, h = half[0] * c + half[1] * s, half[0] * s + half[1] * c
    return centre[0] - w, centre[1] - h, centre[0] + w, centre[1] + h


def list_of(folders: Iterable[str]) -> str:
    """The list that one of these folders' names means: train, or a name for validation; else ''."""
    return next((name for name in folders if name.lower() in (*TRAIN, *VALID)), "")
