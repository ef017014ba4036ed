"""Suspicions as a person reads them: picture, label, what was found there, what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from darkpy.metrics.collected import FlatDetections
from darkpy.metrics.suspicion import Suspicion

ADVICE = {
    "missing": "add the label",
    "class": "change the class",
    "place": "move the box",
    "duplicate": "delete one of two",
    "unreasonable": "delete, or an ignore box",
}
_PLAIN = {
    "missing": "no label, but {found}",
    "class": "the label says {label}, found is {found}",
    "place": "{label} does not fit its box",
    "duplicate": "{label} is there twice",
    "unreasonable": "{label} is not found at all",
}


@dataclass(frozen=True, eq=False)
class Boxed:
    """A class in a place: box (4,) float32 cxcywh in the unit square; prob: NaN for a label."""

    number: int
    box: np.ndarray
    prob: float = float("nan")


@dataclass(frozen=True, eq=False)
class Suspect:
    """rank: 1 for the likeliest mistake. twin: the label that a duplicate repeats."""

    rank: int
    kind: str
    score: float
    picture: str
    label: Boxed | None
    found: Boxed | None
    twin: Boxed | None

    @property
    def boxes(self) -> list[Boxed]:
        """All there are."""
        return [one for one in (self.label, self.found, self.twin) if one is not None]

    def words(self, names: Sequence[str]) -> str:
        """What is suspicious, in a few words."""
        label = names[self.label.number] if self.label else ""
        found = f"{names[self.found.number]} {self.found.prob:.2f}" if self.found else ""
        return _PLAIN[self.kind].format(label=label, found=found)


def suspects(
    all_: FlatDetections, found: Sequence[Suspicion], pictures: Sequence[str]
) -> Iterator[Suspect]:
    """pictures (P,): their paths."""

    def label(number: int) -> Boxed | None:
        if number < 0:
            return None
        return Boxed(int(all_.truth_classes[number]), all_.truth_boxes[number])

    def detection(number: int) -> Boxed | None:
        if number < 0:
            return None
        prob = float(all_.probs[number])
        return Boxed(int(all_.classes[number]), all_.boxes[number], prob)

    for rank, one in enumerate(found, start=1):
        yield Suspect(
            rank,
            one.kind,
            one.score,
            pictures[one.picture],
            label(one.truth),
            detection(one.detection),
            label(one.twin),
        )
