"""-tensorboard, -mlflow, -dvclive: a training's numbers for programs that keep experiments.

Each is a consumer of iterations like the csv, and needs a package that darkpy does without.
"""

from __future__ import annotations

import importlib
import importlib.util
import math
import re
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from darkpy.errors import DarkpyError, UsageError
from darkpy.events import Trained
from darkpy.flags.training import TrainingFlags

_SECONDS_APART = 1.0  # between two iterations that are kept, besides those with an mAP
_NOT_TAKEN = re.compile(r"[^\w\-. /]")  # in a name, by the strictest of the three


class NumbersKept:
    """Keeps an iteration a second, every one that was measured, and the last. Has no name itself.

    names: of the classes. It fails as a csv does that cannot be written: said once, tried again.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names
        self._next = 0.0
        self._kept = self._latest = None

    def take(self, told: Trained) -> None:
        """Keep it if it is time."""
        self._latest = told
        if told.report is not None or time.monotonic() >= self._next:
            self._next = time.monotonic() + _SECONDS_APART
            self._keep(told)

    def finish(self) -> list[str]:
        """Keep the last one and close what is open."""
        if self._latest is not None and self._latest is not self._kept:
            self._keep(self._latest)
        self._guarded(self.close)
        return []

    def _keep(self, told: Trained) -> None:
        self._kept = told
        self._guarded(lambda: self.write(scalars(told, self.names), told.iteration))

    def _guarded(self, act: Callable[[], None]) -> None:
        """Whatever the package raises is told as ours are."""
        try:
            act()
        except Exception as problem:
            kind = type(self).__name__
            raise DarkpyError(f"{kind}: {type(problem).__name__}: {problem}") from problem

    def write(self, numbers: Mapping[str, float], iteration: int) -> None:
        """Hand over the numbers of an iteration."""
        raise NotImplementedError

    def close(self) -> None:
        """Nothing comes any more."""


class TensorBoard(NumbersKept):
    """Event files in `<backup>/tensorboard/<name>`."""

    def __init__(self, session: Any, first: int) -> None:
        super().__init__(session.class_names)
        kind = importlib.import_module("torch.utils.tensorboard").SummaryWriter
        self.writer = kind(str(_folder(session, "tensorboard")), purge_step=first + 1)

    def write(self, numbers: Mapping[str, float], iteration: int) -> None:
        for name, value in numbers.items():
            self.writer.add_scalar(name, value, iteration)

    def close(self) -> None:
        self.writer.close()


class MLflow(NumbersKept):
    """A run where MLFLOW_TRACKING_URI says, or in MLflow's own default place."""

    def __init__(self, session: Any, first: int) -> None:
        super().__init__(session.class_names)
        self.mlflow = importlib.import_module("mlflow")
        self.mlflow.start_run(run_name=session.name)
        facts = {"first_iteration": first + 1, **session.origin}
        self.mlflow.log_params({name: str(value) for name, value in facts.items()})

    def write(self, numbers: Mapping[str, float], iteration: int) -> None:
        self.mlflow.log_metrics(dict(numbers), step=iteration)

    def close(self) -> None:
        self.mlflow.end_run()


class DVCLive(NumbersKept):
    """Metrics in `<backup>/dvclive/<name>`; nothing is committed."""

    def __init__(self, session: Any, first: int) -> None:
        super().__init__(session.class_names)
        kind = importlib.import_module("dvclive").Live
        folder = str(_folder(session, "dvclive"))
        self.live = kind(dir=folder, resume=first > 0, save_dvc_exp=False, dvcyaml=None)

    def write(self, numbers: Mapping[str, float], iteration: int) -> None:
        self.live.step = iteration
        for name, value in numbers.items():
            self.live.log_metric(name, value)
        self.live.sync()

    def close(self) -> None:
        self.live.end()


# By the flag that asks for it: the tracker and the package that it needs.
_TRACKERS: dict[str, tuple[type[NumbersKept], str]] = {
    "tensorboard": (TensorBoard, "tensorboard"),
    "mlflow": (MLflow, "mlflow"),
    "dvclive": (DVCLive, "dvclive"),
}


def refuse_absent_trackers(flags: TrainingFlags) -> None:
    """UsageError for one that is asked for and whose package is not there."""
    for name, (_, package) in _TRACKERS.items():
        if getattr(flags, name) and importlib.util.find_spec(package) is None:
            raise UsageError(
                f"-{name}: the package {package} is not installed: pip install 'darkpy[{name}]'"
            )


def make_trackers(session: Any, first: int) -> list[NumbersKept]:
    """Those that the flags of a session ask for; it goes on after iteration `first`."""
    return [
        kind(session, first)  # type: ignore[call-arg, arg-type]
        for name, (kind, _) in _TRACKERS.items()
        if getattr(session.flags, name)
    ]


def scalars(told: Trained, names: Sequence[str]) -> dict[str, float]:
    """The finite numbers of an iteration by name; classes' average precisions where measured."""
    step: Any = told.step
    found = {
        "loss": step.loss,
        "average loss": step.average,
        "rate": step.rate,
        "pictures per second": told.pictures_per_second,
        "waiting": told.waiting,
        **{f"parts/{name}": value for name, value in step.parts.items()},
    }
    if told.report is not None:
        found[told.score] = told.measured
        classes = zip(names, told.report.classes, strict=True)
        by_class = "AP" if told.score == "mAP" else told.score
        found |= {f"{by_class}/{name}": it.average_precision for name, it in classes}
    return {
        _NOT_TAKEN.sub("_", name): float(value)
        for name, value in found.items()
        if value is not None and math.isfinite(value)
    }


def _folder(session: Any, kind: str) -> Path:
    return session.saver.folder / kind / session.name
