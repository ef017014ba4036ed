"""The chapter on picture files: broken, turned, unusual and repeated ones, and their sizes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from darkpy.data.classes import ClassDataset
from darkpy.data.dataset import Dataset
from darkpy.doctor.report import NOTE, STOP, WARNING, Chapter, Remark
from darkpy.doctor.scan import Scan, alike
from darkpy.errors import number_of

_SIZES_SHOWN = 5
_NAMED = 4  # copies of one picture that are named
_STRETCHED = 2.0  # from this change of the aspect on a picture counts as much distorted


@dataclass(frozen=True, eq=False)
class Examined:
    """One list of pictures with its labels and its scan. role: "train" or "valid"."""

    role: str
    dataset: Dataset | ClassDataset
    scan: Scan

    @property
    def score(self) -> str:
        """What is measured on such a list."""
        return "accuracy" if isinstance(self.dataset, ClassDataset) else "mAP"

    def paths(self, which: np.ndarray) -> tuple[str, ...]:
        """Paths of the pictures where `which` (P,) is true."""
        return tuple(self.dataset.path(i) for i in np.flatnonzero(which))


def picture_chapter(lists: list[Examined], *, channels: int, aspect: float | None) -> Chapter:
    """Everything about the picture files of train= and valid=.

    channels: of the network's input. aspect: width by height of the input if pictures are
    stretched to it, None if they keep theirs or nothing is known.
    """
    lines: list[str] = []
    remarks: list[Remark] = []
    for examined in lists:
        lines.append(_count_line(examined))
        remarks += _missing(examined)
        remarks += _broken(examined)
        remarks += _unusual(examined, channels)
        if aspect:
            remarks += _stretched(examined, aspect)
        remarks += _repeated(examined)
    if len(lists) > 1:
        remarks += _shared(*lists)
    facts = {examined.role: _facts(examined) for examined in lists}
    return Chapter("pictures", tuple(lines), facts, tuple(remarks))


def _count_line(examined: Examined) -> str:
    facts = examined.scan.facts
    sizes = _sizes(facts)
    shown = [
        f"{w}x{h} ({count / len(facts):.0%})" for (w, h), count in sizes.most_common(_SIZES_SHOWN)
    ]
    more = f" and {len(sizes) - len(shown)} other sizes" if len(sizes) > len(shown) else ""
    known = facts[facts["width"] > 0]
    span = ""
    if len(sizes) > 1:
        areas = known["width"].astype(np.int64) * known["height"]
        low, high = known[areas.argmin()], known[areas.argmax()]
        span = (
            f"; smallest {low['width']}x{low['height']}, largest {high['width']}x{high['height']}"
        )
    words = ", ".join(shown) or "no size known"
    return f"{examined.role}: {number_of(len(facts), 'pictures')}, {words}{more}{span}"


def _sizes(facts: np.ndarray) -> Counter[tuple[int, int]]:
    """How many pictures have each width and height, px."""
    known = facts[facts["width"] > 0]
    both = np.column_stack((known["width"], known["height"]))
    sizes, counts = np.unique(both, axis=0, return_counts=True)
    return Counter(
        {tuple(size): n for size, n in zip(sizes.tolist(), counts.tolist(), strict=True)}
    )


def _facts(examined: Examined) -> dict[str, object]:
    facts = examined.scan.facts
    return {
        "list": examined.dataset.source,
        "pictures": len(facts),
        "missing": len(examined.dataset.missing),
        "faulty": int(facts["faulty"].sum()),
        "turned": int((facts["orientation"] != 1).sum()),
        "grey": int(facts["grey"].sum()),
        "alpha": int(facts["alpha"].sum()),
        "deep": int(facts["deep"].sum()),
        "sizes": [[w, h, count] for (w, h), count in _sizes(facts).most_common()],
    }


def _missing(examined: Examined) -> Iterator[Remark]:
    missing = examined.dataset.missing
    if missing:
        yield Remark(
            WARNING,
            f"{len(missing)} pictures of {examined.dataset.source} do not exist and are left out",
            tuple(
                str(finding).replace(": warning:", ":")
                for finding in examined.dataset.findings.items
                if finding.source == examined.dataset.source and finding.line
            ),
        )


def _broken(examined: Examined) -> Iterator[Remark]:
    faults, count = examined.scan.faults, len(examined.dataset)
    if len(faults) == count:
        text = f"none of the {count} {examined.role} pictures can be used"
        yield Remark(STOP, text, tuple(faults.values()))
    elif faults:
        be = "is" if len(faults) == 1 else "are"
        yield Remark(
            WARNING,
            f"{len(faults)} of {count} {examined.role} pictures {be} broken; training replaces "
            "them by other draws",
            tuple(faults.values()),
        )


@dataclass(frozen=True)
class _Trait:
    """A property of picture files. chosen: (P,) from facts."""

    chosen: Callable[[np.ndarray], np.ndarray]
    text: str
    severity: str = NOTE
    with_grey_input: bool = True


_TRAITS = (
    _Trait(
        lambda facts: facts["orientation"] > 1,
        "are turned by EXIF (Orientation is not 1): darkpy turns them upright, so their labels "
        "must have been drawn on the upright picture",
        severity=WARNING,
    ),
    _Trait(
        lambda facts: facts["grey"],
        "are greyscale: the network gets three equal channels",
        with_grey_input=False,
    ),
    _Trait(lambda facts: facts["alpha"], "have transparency, which is dropped"),
    _Trait(
        lambda facts: facts["deep"] & ~facts["dim"], "have more than 8 bits, which are cut to 8"
    ),
    _Trait(
        lambda facts: facts["dim"],
        "have 16 bits of which 12 at most are used: they are made brighter, where the C program "
        "sees nearly black ones",
        severity=WARNING,
    ),
)


def _unusual(examined: Examined, channels: int) -> Iterator[Remark]:
    for trait in _TRAITS:
        chosen = trait.chosen(examined.scan.facts)
        if chosen.any() and (trait.with_grey_input or channels != 1):
            text = _so_many(chosen.sum(), examined, trait.text)
            yield Remark(trait.severity, text, examined.paths(chosen))


def _so_many(count: int, examined: Examined, do: str) -> str:
    """What so many pictures `are ...` or `have ...`; a single one is or has it."""
    verb, rest = do.split(" ", 1)
    if count == 1:
        verb = {"are": "is", "have": "has"}[verb]
    return f"{number_of(int(count), f'{examined.role} pictures')} {verb} {rest}"


def _stretched(examined: Examined, aspect: float) -> Iterator[Remark]:
    """Pictures whose aspect the network's input changes by much."""
    facts = examined.scan.facts
    width, height = facts["width"].astype(float), np.maximum(facts["height"], 1)
    change = width / height / aspect
    chosen = (width > 0) & ((change >= _STRETCHED) | (change <= 1 / _STRETCHED))
    if chosen.any():
        text = _so_many(
            chosen.sum(),
            examined,
            f"are stretched by {_STRETCHED:g} or more to the input's shape; another width= and "
            "height= or letter_box=1 keeps objects in shape",
        )
        yield Remark(NOTE, text, examined.paths(chosen))


def _repeated(examined: Examined) -> Iterator[Remark]:
    """Lines of the list that lead to the same file, and different files with the same content."""
    groups = alike(examined.scan.facts["digest"])
    named = [[examined.dataset.path(i) for i in group] for group in groups]
    lines = [f"{paths[0]}: {len(paths)} times" for paths in named if len(set(paths)) == 1]
    if lines:
        text = f"{len(lines)} pictures stand more than once in {examined.dataset.source}"
        yield Remark(NOTE, text, tuple(lines))
    copies = [list(dict.fromkeys(paths)) for paths in named if len(set(paths)) > 1]
    if copies:
        count = sum(len(paths) - 1 for paths in copies)
        text = _so_many(count, examined, "are the same as others, byte for byte")
        yield Remark(WARNING, text, tuple(_joined(paths) for paths in copies))


def _joined(paths: list[str]) -> str:
    more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
    return " = ".join(paths[:_NAMED]) + more


def _shared(train: Examined, valid: Examined) -> Iterator[Remark]:
    """Pictures in both lists, by their content."""
    if train.dataset.source == valid.dataset.source:
        text = f"valid= is the train list: {train.score} is measured on what was learnt"
        yield Remark(WARNING, text)
        return
    ours, first = np.unique(train.scan.facts["digest"], return_index=True)
    theirs = valid.scan.facts["digest"]
    chosen = np.isin(theirs, ours) & (theirs > 0)
    if not chosen.any():
        return
    numbers = np.flatnonzero(chosen)
    same = first[np.searchsorted(ours, theirs[numbers])]
    places = tuple(
        _pair(train.dataset.path(i), valid.dataset.path(j))
        for i, j in zip(same, numbers, strict=True)
    )
    text = (
        f"{chosen.sum()} of {len(theirs)} valid pictures are in the train list too, by their "
        f"content: {train.score} will look better than it is"
    )
    yield Remark(WARNING, text, places)


def _pair(train: str, valid: str) -> str:
    return valid if train == valid else f"{valid} = {train}"
