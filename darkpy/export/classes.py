"""Does an exported classifier say what darkpy's says? On pictures, by the order of its classes."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from darkpy.cfg.data import read_names
from darkpy.cfg.net_sizes import channels_fault
from darkpy.data.classes import UNKNOWN, ClassList, read_class_list
from darkpy.data.listing import read_listing
from darkpy.data.pictures import read_picture
from darkpy.data.resize import central_crop
from darkpy.errors import Findings, PictureError, number_of
from darkpy.events import Progress
from darkpy.export.answers import Own, Theirs
from darkpy.export.verify import LARGEST_DEVIATION, LARGEST_MOVE
from darkpy.session.project import Project

_FIRST = 5  # likeliest classes that are compared
_AT_ONCE = 16


@dataclass(frozen=True)
class Agreement:
    """What two classifiers said of P pictures, and how far their numbers are apart at most.

    own, theirs: (P, K) scores. classes: (P,), -1 where the class is not known.
    """

    own: Tensor
    theirs: Tensor
    classes: np.ndarray

    @property
    def deviation(self) -> float:
        return float((self.own - self.theirs).abs().max())

    def same(self, count: int) -> int:
        """Pictures of which both name the same classes as the likeliest, whatever their order."""
        firsts = [
            _likeliest(scores, count).sort(dim=1).values for scores in (self.own, self.theirs)
        ]
        return int((firsts[0] == firsts[1]).all(dim=1).sum())

    def shares(self) -> tuple[float, float]:
        """Percent of the pictures of a known class whose likeliest class it is: own, theirs."""
        known = self.classes != UNKNOWN
        own, theirs = (
            (_likeliest(scores, 1)[:, 0].numpy() == self.classes)[known].mean()
            for scores in (self.own, self.theirs)
        )
        return 100 * float(own), 100 * float(theirs)

    def lines(self) -> Iterator[str]:
        """What it comes to."""
        pictures, first = len(self.own), min(_FIRST, self.own.shape[1])
        yield (
            f"the likeliest class is the same for {self.same(1)} of {pictures} pictures, the "
            f"{number_of(first, 'likeliest classes')} for {self.same(first)}"
        )
        known = int((self.classes != UNKNOWN).sum())
        if known:
            own, theirs = self.shares()
            yield (
                f"top 1 on {number_of(known, 'pictures')}: darkpy {own:.2f} %, file {theirs:.2f} % "
                f"({theirs - own:+.2f})"
            )

    def reasons(self, precision: str) -> Iterator[str]:
        """Why the file is refused, if it is."""
        limit = LARGEST_MOVE[precision]
        if not self.theirs.isfinite().all():
            yield "its numbers are not finite"
            return
        if precision == "float32" and self.deviation > LARGEST_DEVIATION:
            yield f"its numbers deviate by more than {LARGEST_DEVIATION:g}: {self.deviation:.1e}"
        if (self.classes != UNKNOWN).any():
            own, theirs = self.shares()
            if abs(theirs - own) > limit:
                moved = f"top 1 moves by {theirs - own:+.2f} points"
                yield f"{moved}, in {precision} {limit:g} are let pass"
        elif 100 * (1 - self.same(1) / len(self.own)) > limit:
            others = number_of(len(self.own) - self.same(1), "pictures")
            yield f"it names another class for {others} of {len(self.own)}"


def class_pictures(project: Project, count: int) -> ClassList | None:
    """Some pictures of valid=, evenly spread; None if the data file names none."""
    data = project.data
    if not data.valid or channels_fault(project.network.plan.net):
        return None
    path, named = data.file("valid"), data.labels or data.names
    if named:
        listed = read_class_list(path, data, read_names(data.resolve(named)))
    else:
        paths = tuple(read_listing(path, data.folder).pictures)
        listed = ClassList(str(path), paths, np.full(len(paths), UNKNOWN), Findings())
    steps = np.linspace(0, len(listed) - 1, min(count, len(listed)))
    numbers = np.unique(steps.round().astype(int))
    paths = tuple(listed.paths[number] for number in numbers)
    return ClassList(listed.source, paths, listed.classes[numbers], listed.findings)


def compare_classes(
    own: Own, theirs: Theirs, listed: ClassList
) -> Generator[Progress, None, Agreement | None]:
    """Show both the middle of each picture; yields progress. None if none can be read."""
    c, h, w = own.plan.input
    answers: list[tuple[Tensor, Tensor]] = []
    classes: list[int] = []
    for start in range(0, len(listed), _AT_ONCE):
        crops = []
        for number in range(start, min(start + _AT_ONCE, len(listed))):
            with suppress(PictureError):
                crops.append(central_crop(read_picture(listed.paths[number], c), h, w))
                classes.append(int(listed.classes[number]))
        if crops:
            images = torch.stack(crops)
            answers.append(tuple(each.candidates(images).probs[:, 0] for each in (own, theirs)))
        yield Progress("comparing", min(start + _AT_ONCE, len(listed)), len(listed))
    if not answers:
        return None
    scores = (torch.cat(each) for each in zip(*answers, strict=True))
    return Agreement(*scores, np.array(classes))


def _likeliest(scores: Tensor, count: int) -> Tensor:
    """(P, K) -> (P, count), of equal scores the first first."""
    return scores.argsort(dim=1, descending=True, stable=True)[:, :count]
