"""A classifier as Python programs use it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, overload

import numpy as np
import torch

from darkpy.api.looking import (
    LoadedNetwork,
    Picture,
    Pictures,
    listed_names,
    pixels_of,
    refuse_no_batch,
)
from darkpy.api.training import accuracy_on, records
from darkpy.classifier.train import train_classifier
from darkpy.errors import UsageError
from darkpy.events import Trained
from darkpy.inference.classifier import Classifier as Engine
from darkpy.inference.classifier import top
from darkpy.machine.device import pick_device
from darkpy.metrics.accuracy import AccuracyReport
from darkpy.model.network import Network
from darkpy.model.weights import load_weights

if TYPE_CHECKING:
    from typing_extensions import Self

_TOP, _BATCH = 5, 16  # classes that are told, pictures in one pass of the network


@dataclass(frozen=True)
class Answer:
    """One of the classes that a picture may be of: name, number, probability of 0..1."""

    name: str
    number: int
    probability: float


class Classifier(LoadedNetwork):
    """A network with its weights and the names of its classes; `darkpy.load` makes one.

    Pictures are paths, arrays in RGB order (H, W, 3) or grey (H, W), of uint8 0..255 or floats
    0..1, or Pillow's; what OpenCV read is BGR: give `bgr[..., ::-1]`. Each is shown as its middle,
    as `darkpy classifier predict` does.

    >>> classifier = darkpy.load("sorts.cfg", "sorts.weights", "sorts.names")
    >>> classifier.names, classifier.input.w, classifier.input.h
    (('bright', 'dark'), 8, 8)
    """

    def __init__(
        self, engine: Engine, names: Sequence[str], cfg: str | Path, weights: str | Path
    ) -> None:
        super().__init__(cfg, weights)
        self.engine: Engine = engine
        self.names = tuple(names)

    @classmethod
    def of(
        cls,
        network: Network,
        cfg: str | Path,
        weights: str | Path,
        names: str | Path | Sequence[str],
        gpu: int | None,
    ) -> Self:
        engine = Engine(network, pick_device(gpu or 0, nogpu=gpu is None))
        load_weights(network, weights)
        return cls(engine, listed_names(names, engine.classes, cfg), cfg, weights)

    @overload
    def classify(
        self, picture: Pictures, *, top: int = ..., batch: int = ...
    ) -> list[list[Answer]]: ...

    @overload
    def classify(self, picture: Picture, *, top: int = ..., batch: int = ...) -> list[Answer]: ...

    def classify(
        self, picture: Picture | Pictures, *, top: int = _TOP, batch: int = _BATCH
    ) -> list[Answer] | list[list[Answer]]:
        """The `top` likeliest classes of a picture, the likeliest first; of a list a list for each.

        picture: a file; an array in RGB order, (H, W, 3) or grey (H, W) (what OpenCV read is BGR:
        give `bgr[..., ::-1]`); or one of Pillow. batch: pictures in one pass of the network. With a
        tree of classes all of them count, as in `darkpy classifier predict`.

        >>> for answer in classifier.classify("bright.png"):
        ...     print(answer.name, answer.number, round(answer.probability, 4))
        bright 0 0.9526
        dark 1 0.0474
        >>> [answers[0].name for answers in classifier.classify(["bright.png", "dark.png"], top=1)]
        ['bright', 'dark']
        """
        if top < 1:
            raise UsageError(f"top={top}: at least 1 class is told")
        several = isinstance(picture, list | tuple)
        rows = self.probabilities(picture if several else [picture], batch=batch)
        answers = [self._likeliest(row, top) for row in rows]
        return answers if several else answers[0]

    def probabilities(self, picture: Picture | Pictures, *, batch: int = _BATCH) -> np.ndarray:
        """How likely each class is, (K,) float32; of a list of B pictures (B, K).

        Arrays are in RGB order; of OpenCV's BGR give `bgr[..., ::-1]`.

        >>> classifier.probabilities("dark.png").astype(float).round(4).tolist()
        [0.0474, 0.9526]
        """
        refuse_no_batch(batch)
        several = isinstance(picture, list | tuple)
        given = list(picture) if several else [picture]
        told = (f"picture {at}" if several else "the picture" for at in range(1, len(given) + 1))
        pixels = [pixels_of(one, self.input.c, what) for one, what in zip(given, told, strict=True)]
        rows = [
            self.engine.classify(pixels[at : at + batch]).numpy()
            for at in range(0, len(pixels), batch)
        ]
        found = np.concatenate(rows) if rows else np.zeros((0, self.classes), np.float32)
        return found if several else found[0]

    def evaluate(self, data: str | Path, *, top: int = 0) -> AccuracyReport:
        """Measure on the valid= list of a .data file: the numbers of `darkpy classifier valid`.

        top: how many of the likeliest classes `top_k` counts; 0 takes top= of the file. What there
        is to say about the files goes to the logger "darkpy".

        >>> report = classifier.evaluate("sorts.data", top=2)
        >>> report.top_1, report.k, report.top_k, [share.truths for share in report.classes]
        (1.0, 2, 1.0, [1, 1])
        """
        return accuracy_on(self.engine, self.cfg, str(data), top)

    def train(self, data: str | Path, **flags: object) -> Iterator[Trained]:
        """Train on the train= list of a .data file from these weights; a record an iteration.

        flags: of `darkpy classifier train`, such as topk=True, seed=1, clear=True. The training
        goes on only while its records are taken; afterwards the classifier has the weights that
        were written last. Lines of the command go to the logger "darkpy".

        >>> for record in classifier.train("sorts.data", clear=True, seed=1):
        ...     print(record.step.iteration, record.total)
        1 2
        2 2
        """
        training = train_classifier(str(data), self.cfg, self.weights, **flags)
        written = yield from records(training)
        if written is not None:
            network = Network.from_cfg(self.cfg)
            load_weights(network, written)
            self.engine = Engine(network, self.device)
            self.weights = written

    def _likeliest(self, row: np.ndarray, count: int) -> list[Answer]:
        numbers = top(torch.from_numpy(row[None]), count)[0].tolist()
        return [Answer(self.names[number], number, float(row[number])) for number in numbers]
