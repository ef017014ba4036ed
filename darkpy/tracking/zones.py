"""-zones FILE: lines that objects cross and areas that they enter, counted by class.

A row is `name x1 y1 x2 y2` for a line, with more points for an area, in shares of the picture.
Seen from the first point of a line towards the second, an object comes in from left to right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from darkpy.cfg.text import read_lines
from darkpy.errors import DataError, shown_text

if TYPE_CHECKING:
    from darkpy.inference.detector import Detections

IN, OUT = "in", "out"
_LINE = 2  # points; more are an area
_CLEAR = 0.1  # of a box's sides: as far must it be from a line to be on one side of it


@dataclass(frozen=True)
class Crossing:
    """An object crossed a line, or entered (IN) or left an area (OUT)."""

    zone: str
    direction: str
    track: int
    class_number: int


@dataclass
class Zone:
    """A line or an area. points (P, 2) in the unit square. counts: by (direction, class)."""

    name: str
    points: np.ndarray
    counts: Counter[tuple[str, int]] = field(default_factory=Counter)
    _last: dict[int, np.ndarray] = field(default_factory=dict, repr=False)

    @property
    def is_line(self) -> bool:
        return len(self.points) == _LINE

    def total(self, direction: str) -> int:
        """Objects of all classes that went so."""
        return sum(count for (way, _), count in self.counts.items() if way == direction)

    def go(self, track: int, class_number: int, box: np.ndarray) -> Crossing | None:
        """An object (cx cy w h) is here now; what it did since it was clear of the border."""
        here = box[:2]
        if _distance(here, self._edges()) < _CLEAR * box[2:].min():
            return None  # who stands on a line has not crossed it
        before = self._last.get(track)
        self._last[track] = here
        if before is None:
            return None
        way = self._crossed(before, here) if self.is_line else self._entered(before, here)
        if not way:
            return None
        self.counts[way, class_number] += 1
        return Crossing(self.name, way, track, class_number)

    def _edges(self) -> np.ndarray:
        """(E, 2, 2): the line, or all sides of the area."""
        ends = np.roll(self.points, -1, axis=0)
        edges = np.stack((self.points, ends), axis=1)
        return edges[:1] if self.is_line else edges

    def _crossed(self, before: np.ndarray, here: np.ndarray) -> str:
        first, second = self.points
        was, now = _side(first, second, before), _side(first, second, here)
        apart = _side(before, here, first) * _side(before, here, second) <= 0
        if was * now >= 0 or not apart:
            return ""
        return IN if now > 0 else OUT  # the picture's y goes down: right of the line is positive

    def _entered(self, before: np.ndarray, here: np.ndarray) -> str:
        was, now = self._inside(before), self._inside(here)
        return "" if was == now else (IN if now else OUT)

    def _inside(self, point: np.ndarray) -> bool:
        """Whether a ray to the right meets the border an odd number of times."""
        (x1, y1), (x2, y2) = self._edges().transpose(1, 2, 0)
        spans = (y1 > point[1]) != (y2 > point[1])
        with np.errstate(divide="ignore", invalid="ignore"):
            meets = x1 + (point[1] - y1) / (y2 - y1) * (x2 - x1)
        return bool((spans & (point[0] < meets)).sum() % 2)

    def told(self, names: Sequence[str]) -> Iterator[str]:
        """What was counted, a line a class."""
        numbers = sorted({number for _, number in self.counts})
        if not numbers:
            yield f"{self.name}: nothing crossed"
        for number in numbers:
            name = names[number] if number < len(names) else number
            ways = self.counts[IN, number], self.counts[OUT, number]
            yield f"{self.name}: {name}: {ways[0]} in, {ways[1]} out"


def read_zones(path: str | Path) -> list[Zone]:
    """The zones of a file. DataError, with the line, for what is none."""
    zones: list[Zone] = []
    for number, raw in enumerate(read_lines(path, DataError, "the file of zones"), start=1):
        words = raw.split("#")[0].split()
        if not words:
            continue
        name, shares = shown_text(words[0]), _shares(words[1:])
        if shares is None or len(shares) < 2 * _LINE or len(shares) % 2:
            message = "a zone is `name x1 y1 x2 y2 ...`, the numbers shares of the picture, 0 to 1"
            raise DataError.at(path, number, message)
        if name in {zone.name for zone in zones}:
            raise DataError.at(path, number, f"there is a zone {name} already")
        zones.append(Zone(name, np.array(shares).reshape(-1, 2)))
    if not zones:
        raise DataError.at(path, None, "holds no zone; one is `name x1 y1 x2 y2`")
    return zones


def _shares(words: Sequence[str]) -> list[float] | None:
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        return None
    return numbers if all(0 <= number <= 1 for number in numbers) else None


def _side(first: np.ndarray, second: np.ndarray, point: np.ndarray) -> float:
    """Above 0 where a point is to the right of the way from first to second, y going down."""
    along, to = second - first, point - first
    return float(along[0] * to[1] - along[1] * to[0])


def _distance(point: np.ndarray, edges: np.ndarray) -> float:
    """To the nearest of edges (E, 2, 2)."""
    start, along = edges[:, 0], edges[:, 1] - edges[:, 0]
    length = (along**2).sum(axis=1).clip(1e-12)
    share = (((point - start) * along).sum(axis=1) / length).clip(0, 1)
    return float(np.linalg.norm(start + share[:, None] * along - point, axis=1).min())


def crossings(zones: Sequence[Zone], found: Detections) -> list[Crossing]:
    """What the numbered objects of a frame did at the zones."""
    if found.tracks is None or not zones:
        return []
    rows = np.flatnonzero(found.tracks.numpy())
    boxes, classes = found.boxes.double().numpy(), found.probs.numpy()
    done = (
        zone.go(int(found.tracks[row]), int(classes[row].argmax()), boxes[row])
        for row in rows
        for zone in zones
    )
    return [crossing for crossing in done if crossing is not None]
