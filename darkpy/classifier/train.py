"""`classifier train`: from a data file, a cfg and perhaps weights to a trained classifier."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from darkpy.flags.classifier import ClassifierTrainFlags
from darkpy.machine.process import prepare_process
from darkpy.session.class_training import ClassifierTraining
from darkpy.session.signals import Handlers, Signals
from darkpy.session.team import Team
from darkpy.session.training import trained


def run(data: str, cfg: str, weights: str = "", **flags) -> Iterator[object]:
    """The command: trains in a process of its own, which it may set up, and hears signals."""
    prepare_process(among=Team.of(ClassifierTrainFlags(**flags)).rank.local_size)
    yield from train_classifier(data, cfg, weights, Handlers(), **flags)


def train_classifier(
    data: str, cfg: str, weights: str = "", signals: Signals | None = None, **flags
) -> Generator[object, None, None]:
    """Train; yields lines for the screen and a `Trained` an iteration."""
    given = ClassifierTrainFlags(**flags)
    yield from trained(ClassifierTraining(), data, cfg, weights, signals or Signals(), given)
