"""What of a training depends on what is learnt: boxes, or classes of whole pictures."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from darkpy.data.loader import Loader
from darkpy.flags.training import TrainingFlags
from darkpy.serve.board import PagePicture
from darkpy.session.evaluation import Evaluation
from darkpy.session.logs import Log
from darkpy.session.project import Project
from darkpy.session.team import Meeting
from darkpy.training.distributed import Peers
from darkpy.training.trainer import Trainer


@dataclass(frozen=True)
class Lists:
    """What a training learns from, and what it is measured on, if it is: both know their length,
    path(i), source, findings and content."""

    train: Any
    valid: Any


@dataclass(frozen=True)
class Previewed:
    """A training picture for a person: pixels as they are trained on, the same large enough for
    a sheet, the name of its first file, and what to write below."""

    pixels: np.ndarray
    large: np.ndarray
    name: str
    caption: str


class Task:
    """verb: the command's first word. score: what is measured, in a word; column: of the csv.

    logs: the programs whose lines can be printed, by -log.
    """

    verb: str
    score: str
    column: str
    logs: ClassVar[dict[str, type[Log]]]

    def open(self, data: str, cfg: str) -> Project:
        """Read the files of a project. InputError where they do not fit each other."""
        raise NotImplementedError

    def lists(
        self, project: Project, flags: Any, *, notes: bool = True
    ) -> Generator[str, None, Lists]:
        """Read what is learnt; yields what is to be said. notes: whether files may be written."""
        raise NotImplementedError

    def loader(
        self, project: Project, flags: Any, dataset: Any, trainer: Trainer, meeting: Meeting
    ) -> Loader:
        """Batches of the iterations after the last one done, as far as this process makes them."""
        raise NotImplementedError

    def evaluation(self, project: Project, flags: Any, lists: Lists) -> Evaluation:
        """How the training is measured."""
        raise NotImplementedError

    def seer(self, project: Project, trainer: Trainer) -> Any:
        """The network as it is now, ready to be shown pictures."""
        raise NotImplementedError

    def share_measurement(
        self, project: Project, lists: Lists, trainer: Trainer, peers: Peers
    ) -> None:
        """Do this process's part of a measurement that the leader has ordered."""
        raise NotImplementedError

    def previewed(self, loader: Loader, project: Project) -> Iterator[Previewed]:
        """One training picture after the other, for -show_imgs."""
        raise NotImplementedError

    def looker(
        self, project: Project, flags: Any, trainer: Trainer, dataset: Any
    ) -> Callable[[int], PagePicture]:
        """What shows picture i of a list with what is so and what the network takes it for."""
        raise NotImplementedError

    def scored(self, flags: Any) -> str:
        """The score as it is written before its number."""
        raise NotImplementedError

    def next_words(self, files: str, *, measures: bool) -> Iterator[str]:
        """Commands to type after the training; files: its data, cfg and weights."""
        raise NotImplementedError

    def facts(self, project: Project, flags: TrainingFlags) -> dict[str, Any]:
        """What else there is to tell of a run."""
        return {}
