"""One training from its first iteration to its last weights, whatever it is that is trained."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import torch

from darkpy.data.dataset import Dataset, write_bad_lists
from darkpy.data.loader import Loader
from darkpy.events import Ended, Trained
from darkpy.inference.detector import Detector
from darkpy.session.chart import ChartFile
from darkpy.session.clock import Clock
from darkpy.session.consumers import Audience, Rows
from darkpy.session.evaluation import Evaluation
from darkpy.session.interrupts import Interrupts
from darkpy.session.loading import make_loader
from darkpy.session.nan_report import Reporter
from darkpy.session.project import Project
from darkpy.session.saving import Saver, origin
from darkpy.session.train_flags import TrainFlags
from darkpy.training.history import History
from darkpy.training.record import Step
from darkpy.training.trainer import Trainer

INTERRUPTED = 130  # exit status after Ctrl-C, when everything was saved


class Session:
    """A training that is ready to run. flags: with the seed that counts."""

    def __init__(
        self,
        project: Project,
        flags: TrainFlags,
        name: str,
        trainer: Trainer,
        dataset: Dataset,
        saver: Saver,
        evaluation: Evaluation,
    ) -> None:
        self.project, self.flags, self.name = project, flags, name
        self.trainer, self.dataset = trainer, dataset
        self.saver, self.evaluation = saver, evaluation
        self.network, self.net = project.network, project.network.plan.net
        self.seed = flags.seed
        self.origin = origin(self.network, self.seed)
        self.clock = Clock(flags.time_limit_sec, self.net.max_batches)
        self.reporter = Reporter(trainer, dataset, saver.folder, self.origin)

    def loader(self) -> Loader:
        """Batches of the iterations after the last one done."""
        return make_loader(
            self.dataset,
            self.net,
            self.network.plan.picture_keys,
            self.flags,
            seed=self.seed,
            first=self.trainer.iteration + 1,
            device=self.trainer.device,
            folder=self.project.data.resolve(self.project.data.backup) / "cache",
        )

    def run(self, interrupts: Interrupts) -> Iterator[object]:
        """Train to the end, the time limit or Ctrl-C; yields lines and a Trained an iteration."""
        first = self.trainer.iteration
        self.saver.describe_run(self._facts(first), goes_on=first > 0)
        self.clock.start()
        history = History.open(self.saver.folder / f"{self.name}_train.csv", first)
        chart = ChartFile(self._chart_paths(), history, self.net, self.name)
        audience = Audience(Rows(history), chart)
        with history, self.loader() as loader:
            batches = itertools.islice(loader, self.net.max_batches - first)
            for step in self.trainer.steps(batches, self._due):
                self.clock.tick(step)
                yield from _left_out(loader)
                yield from self.trainer.news()
                yield from self._after(step, loader)
                told = self._told(step)
                yield from audience.take(told)
                yield told
                # What the device has done already is told before the end.
                done = step.iteration == self.trainer.iteration
                if done and (interrupts.asked or self.clock.over):
                    yield from self._stop(step.iteration)
                    break
            else:
                yield from self._finish()
            yield from audience.finish()
            yield from self._broken(loader)
        if interrupts.asked:
            yield Ended(INTERRUPTED)

    def _facts(self, first: int) -> dict[str, Any]:
        """What `<name>_run.json` tells of a run."""
        flags = {name: value for name, value in vars(self.flags).items() if name != "seed"}
        return {
            **self.origin,
            "torch": torch.__version__,
            "began": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "first_iteration": first + 1,
            "data": str(self.project.data.source),
            "device": str(self.trainer.device),
            "precision": self.trainer.precision.words,
            "flags": flags,
        }

    def _chart_paths(self) -> list[Path]:
        return [Path(self.flags.chart or "chart.png"), Path(f"chart_{self.name}.png")]

    def _told(self, step: Step) -> Trained:
        evaluation, clock = self.evaluation, self.clock
        return Trained(
            step,
            total=self.net.max_batches,
            mean_ap=evaluation.latest,
            measured=evaluation.known(step.iteration),
            best=evaluation.best,
            pictures_per_second=clock.pictures_per_second,
            waiting=clock.waiting,
            seconds_left=clock.seconds_left,
        )

    def _due(self, iteration: int) -> bool:
        """Whether something is to be done with the weights of an iteration."""
        return self.evaluation.due(iteration) or bool(self.saver.due(iteration))

    def _after(self, step: Step, loader: Loader) -> Iterator[object]:
        """What follows an iteration: mAP and files."""
        if not step.updated:
            yield from self.reporter.explain(step, loader)
        if self.evaluation.due(step.iteration):
            yield from self._measure(step.iteration)
        for tag in self.saver.due(step.iteration):
            if tag == "last":
                self._save_last()
            else:
                yield self.saver.save(self.network, tag, step.iteration)

    def _measure(self, iteration: int) -> Iterator[object]:
        """mAP on the valid list; better weights are kept."""
        detector = Detector(self.network, self.project.names, self.trainer.device)
        is_best = yield from self.evaluation.measure(detector, iteration)
        self.network.train()
        if is_best:
            yield self.saver.save(self.network, "best", iteration)
            self.saver.describe_best(iteration, self.evaluation.best, self.origin)

    def _save_last(self) -> str:
        evaluation = self.evaluation
        numbers = {"best": evaluation.best, "measured_at": evaluation.measured_at}
        return self.saver.save_last(self.trainer, numbers | {"seed": self.seed})

    def _stop(self, iteration: int) -> Iterator[object]:
        yield self._save_last()
        yield (
            f"stopped after iteration {iteration}; the same command with "
            f"{self.saver.path('last')} goes on from there"
        )

    def _finish(self) -> Iterator[object]:
        iteration = self.trainer.iteration
        yield self._save_last()
        yield self.saver.save(self.network, "final", iteration)
        best = self.evaluation.best
        if best >= 0:
            yield f"best mAP@{self.flags.iou_thresh:.2f} {best:.2%}: {self.saver.path('best')}"

    def _broken(self, loader: Loader) -> Iterator[str]:
        """The pictures that were left out, in a file."""
        yield from _left_out(loader)
        if loader.broken:
            write_bad_lists(self.dataset, ".", loader.broken)
            yield f"{len(loader.broken)} pictures were left out; bad.list names them"


def _left_out(loader: Loader) -> Iterator[str]:
    """Pictures that could not be read, each said once."""
    yield from (f"left out, another one takes its place: {why}" for why in loader.news())
