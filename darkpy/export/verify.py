"""Does an exported file find what darkpy finds? Deviation, mAP of both, time of both."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from darkpy.data.dataset import Dataset
from darkpy.data.pictures import read_picture
from darkpy.data.resize import letterbox, stretch
from darkpy.errors import PictureError
from darkpy.events import Progress
from darkpy.export.answers import AskingDetector, Own, Theirs
from darkpy.export.forms import Form
from darkpy.export.reading import LEAST_SCORE, folded_scores
from darkpy.flags.shared import IOU_THRESH, THRESH
from darkpy.heads.base import Candidates
from darkpy.sections.base import Shape
from darkpy.session.measure import measure

LARGEST_MOVE = {"float32": 0.1, "float16": 0.5, "int8": 2.0}  # points of mAP
LARGEST_DEVIATION = 1e-3  # of boxes and scores in float32, which are about 1e-6 off
LOOKED_AT = 8  # pictures whose numbers are compared one by one
_TIMED = 10


@dataclass(frozen=True)
class Deviation:
    """Largest differences: of boxes where either finds something, of scores.

    Boxes count in shares of the picture, or of the box itself where that is larger.
    """

    boxes: float
    scores: float

    @property
    def largest(self) -> float:
        return float(np.nanmax([self.boxes, self.scores])) if self.finite else float("inf")

    @property
    def finite(self) -> bool:
        return bool(np.isfinite([self.boxes, self.scores]).all())

    def __str__(self) -> str:
        return f"boxes {self.boxes:.1e} of the picture, scores {self.scores:.1e}"


def deviation_of(own: Candidates, theirs: Candidates, form: Form) -> Deviation:
    """How far two answers for the same pictures are apart."""
    own, theirs = folded_scores(own), folded_scores(theirs)
    if form.suppressed:
        return _of_rows(own, theirs)
    found = (own.probs.amax(dim=2) > LEAST_SCORE) | (theirs.probs.amax(dim=2) > LEAST_SCORE)
    larger = own.boxes[..., 2:].abs().amax(dim=2, keepdim=True).clamp(min=1)
    boxes = ((own.boxes - theirs.boxes).abs() / larger)[found]
    scores = (own.probs - theirs.probs).abs()
    return Deviation(_largest(boxes), _largest(scores))


def _largest(x: Tensor) -> float:
    return float(x.detach().max()) if x.numel() else 0.0


def _of_rows(own: Candidates, theirs: Candidates) -> Deviation:
    """Of what suppression left, in whatever order: the likeliest of each picture and class."""
    boxes, scores = [torch.zeros(1)], [torch.zeros(1)]
    for picture in range(len(own.boxes)):
        mine, other = own.probs[picture].max(dim=0), theirs.probs[picture].max(dim=0)
        scores.append((mine.values - other.values).abs())
        seen = (mine.values > LEAST_SCORE) & (other.values > LEAST_SCORE)
        apart = own.boxes[picture][mine.indices] - theirs.boxes[picture][other.indices]
        boxes.append(apart.abs()[seen].flatten())
    return Deviation(_largest(torch.cat(boxes)), _largest(torch.cat(scores)))


class Some:
    """A few pictures of a data set, evenly spread over its list."""

    def __init__(self, dataset: Dataset, count: int) -> None:
        self._dataset = dataset
        steps = np.linspace(0, len(dataset) - 1, min(count, len(dataset)))
        self.numbers = np.unique(steps.round().astype(int))
        self.ignored = _Picked(dataset.ignored, self.numbers)
        self.difficult = None
        if dataset.difficult is not None:
            self.difficult = _Picked(dataset.difficult, self.numbers)

    def __len__(self) -> int:
        return len(self.numbers)

    def path(self, i: int) -> str:
        return self._dataset.path(self.numbers[i])

    def truths(self, i: int) -> tuple[np.ndarray, np.ndarray]:
        return self._dataset.truths(self.numbers[i])


@dataclass(frozen=True)
class _Picked:
    table: object
    numbers: np.ndarray

    def of(self, i: int) -> tuple[np.ndarray, np.ndarray]:
        return self.table.of(self.numbers[i])


@dataclass(frozen=True)
class Moved:
    """mAP in percent, darkpy's own and the file's, of one way to resize."""

    words: str
    own: float
    theirs: float

    @property
    def points(self) -> float:
        return self.theirs - self.own


@dataclass
class Proof:
    """What was found out about a file. reasons: why it is refused."""

    deviation: Deviation
    moved: list[Moved] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)


RESIZES = {"stretched, as Darknet does": False, "letterboxed, as many consumers do": True}


def prove(
    own: Own, theirs: Theirs, form: Form, precision: str, some: Some | None
) -> Generator[Progress | str, None, Proof]:
    """Compare; yields progress. some: None where there are no pictures, noise is taken."""
    looked_at = _looked_at(own.plan.input, some)
    proof = Proof(deviation_of(own.candidates(looked_at), theirs.candidates(looked_at), form))
    if some is not None and proof.deviation.finite:
        for words, letter_box in RESIZES.items():
            maps = []
            for network in (own, theirs):
                maps.append((yield from mean_ap(network, some, letter_box)))
            proof.moved.append(Moved(words, *maps))
    proof.reasons += _reasons(proof, precision)
    return proof


def mean_ap(
    network: Own | Theirs, some: Some, letter_box: bool
) -> Generator[Progress | str, None, float]:
    """mAP by Darknet's rule, percent."""
    measured = yield from measure(
        AskingDetector(network, ()),
        some,
        iou_thresh=IOU_THRESH,
        thresh=THRESH,
        points=0,
        letter_box=letter_box,
    )
    return 100 * measured.report().mean_average_precision


def _reasons(proof: Proof, precision: str) -> Iterator[str]:
    if not proof.deviation.finite:
        yield "its numbers are not finite"
    elif precision == "float32" and proof.deviation.largest > LARGEST_DEVIATION:
        yield f"its numbers deviate by more than {LARGEST_DEVIATION:g}: {proof.deviation}"
    limit = LARGEST_MOVE[precision]
    for moved in proof.moved:
        if not abs(moved.points) <= limit:
            yield (
                f"mAP {moved.words.partition(',')[0]} moves by {moved.points:+.2f} points, "
                f"in {precision} {limit:g} are let pass"
            )


def _looked_at(shape: Shape, some: Some | None) -> Tensor:
    """Network inputs (B, C, H, W): pictures resized both ways, or noise where none can be read."""
    ways = [images_of(shape, some, LOOKED_AT, way) for way in (False, True)] if some else []
    images = [image for way in ways for image in way]
    if not images:
        return torch.rand((LOOKED_AT, *shape), generator=torch.Generator().manual_seed(0))
    return torch.cat(images)


def images_of(shape: Shape, some: Some, count: int, letter_box: bool) -> Iterator[Tensor]:
    """The first pictures as network inputs, (1, C, H, W) each; what cannot be read is left out."""
    c, h, w = shape
    resize = letterbox if letter_box else stretch
    for number in range(min(count, len(some))):
        with suppress(PictureError):
            yield resize(read_picture(some.path(number), c), h, w)[None]


def milliseconds(run: Callable[[], object]) -> float:
    """Median time of a call."""
    times: Sequence[float] = []
    run()
    for _ in range(_TIMED):
        begun = time.perf_counter()
        run()
        times.append(time.perf_counter() - begun)
    return 1000 * float(np.median(times))
