"""`detector train`: from a data file, a cfg and perhaps weights to a trained detector."""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import torch

from darkpy.chance import RATE_SLOT, stream
from darkpy.data.dataset import Dataset, read_dataset, write_bad_lists
from darkpy.data.loader import Loader
from darkpy.errors import CfgError
from darkpy.events import Ended, Trained
from darkpy.files import writable_folder
from darkpy.inference.detector import Detector
from darkpy.machine.allocator import keep_freed_memory
from darkpy.machine.device import pick_device
from darkpy.model.precision import pick_precision
from darkpy.model.weights import load_weights, read_header
from darkpy.session.chart import ChartFile
from darkpy.session.clock import Clock
from darkpy.session.evaluation import Evaluation
from darkpy.session.interrupts import Interrupts
from darkpy.session.loading import make_loader, remarks
from darkpy.session.nan_report import Reporter
from darkpy.session.preview import preview
from darkpy.session.project import Project, open_project, stem
from darkpy.session.saving import Saver, origin
from darkpy.session.train_flags import TrainFlags
from darkpy.solver.freezing import frozen_words
from darkpy.solver.schedule import rate
from darkpy.training.checkpoint import State, load_state, state_path
from darkpy.training.history import History
from darkpy.training.record import Step
from darkpy.training.trainer import Trainer

INTERRUPTED = 130  # exit status after Ctrl-C, when everything was saved
SMALL_BATCH = 8  # below it Darknet warns


def run(data: str, cfg: str, weights: str = "", **flags) -> Iterator[object]:
    """Train; yields lines for the screen and a `Trained` an iteration."""
    given = TrainFlags(**flags)
    chosen = given.seeded()
    torch.manual_seed(chosen.seed)  # before the network draws its first weights
    training = Training(open_project(data, cfg), chosen, stem(cfg))
    training.seed_is_given = given.seed is not None
    yield from training.prepare(weights)
    if training.flags.time_limit_sec == 0:
        return
    with Interrupts() as interrupts:
        yield from training.run(interrupts)


class Training:
    """One run of `detector train`, from checks to the final weights."""

    def __init__(self, project: Project, flags: TrainFlags, name: str) -> None:
        self.project, self.flags, self.name = project, flags, name
        self.network, self.net = project.network, project.network.plan.net
        self.head = list(self.network.detecting.values())[-1].options
        self.seed = flags.seeded().seed
        self.seed_is_given = True

    def prepare(self, weights: str) -> Iterator[str]:
        """Everything that can go wrong before the first iteration goes wrong here."""
        yield from self.project.warnings
        self._check_cfg()
        data = self.project.data
        data.require("train")
        self.network = self.project.network
        folder = writable_folder(data.resolve(data.backup), f"{data.source}: backup=")
        self.saver = Saver.of(data, self.net, folder, self.name)
        yield from self.read_pictures()
        first = 0
        if weights:
            first = yield from self._load(weights)
        frozen = frozen_words(self.network.plan)
        if frozen:
            yield frozen
        state = load_state(state_path(weights)) if first else None
        if state is not None and not self.seed_is_given:
            self.seed = int(state.numbers["seed"])
        self.evaluation.measured_at = first
        self.evaluation.best = self.saver.best_so_far() if first else -1.0
        self.trainer = self.make_trainer(pick_device(self.flags.i, self.flags.nogpu), first)
        if state is not None:
            yield self._restore(state, weights)
        yield from self._announce(first)
        if self.flags.show_imgs:
            with self.make_loader(self.trainer.device, first) as loader:
                yield from preview(loader, self.project.names, windows=not self.flags.dont_show)

    def make_trainer(self, device: torch.device, first: int) -> Trainer:
        """The loop's state after iteration `first`."""
        keep_freed_memory()
        self.network.to(device)
        precision, self.precision_words = pick_precision(self.flags.amp, self.network, device)
        return Trainer(
            self.network,
            self._rate,
            device=device,
            iteration=first,
            precision=precision,
            seed=self.seed,
        )

    def _restore(self, state: State, weights: str) -> str:
        """Take over the state beside the weights, if it is theirs; gives the line to print."""
        if not self.trainer.restore(state):
            return f"{state_path(weights)} is not of these weights: momentum begins anew"
        self.evaluation.best = state.numbers["best"]
        self.evaluation.measured_at = int(state.numbers["measured_at"])
        return f"{state_path(weights)}: momentum, averages and chance go on as they were"

    def _check_cfg(self) -> None:
        source = self.network.plan.source
        if self.net.max_batches < 1:
            raise CfgError(f"{source}: [net] max_batches=0: say how many iterations to train")
        if self.net.batch == 1:
            raise CfgError(f"{source}: [net] batch=1 is for testing; batch=64 is usual in training")

    def read_pictures(self) -> Iterator[str]:
        """Read the lists and labels; yields what is to be said about them."""
        data = self.project.data
        self.dataset = read_dataset(data.resolve(data.train), data, self.head.classes)
        yield from remarks(self.dataset)
        written = write_bad_lists(self.dataset, ".")
        if written:
            yield f"all of them: {', '.join(str(path) for path in written)}"
        self.valid: Dataset | None = None
        if self.flags.map:
            data.require("valid")
            self.valid = read_dataset(data.resolve(data.valid), data, self.head.classes)
            yield from remarks(self.valid)
        self.evaluation = Evaluation(
            self.valid,
            self.net,
            every=self.flags.mAP_epochs,
            pictures=len(self.dataset),
            iou_thresh=self.flags.iou_thresh,
            thresh=self.flags.thresh,
        )

    def _load(self, weights: str) -> Generator[str, None, int]:
        """Load weights; returns the iteration they were saved at, 0 for pretrained ones."""
        seen = read_header(weights).seen // self.net.batch
        begins = self.flags.clear or not 0 < seen < self.net.max_batches
        loaded = load_weights(self.network, weights, dontload=begins)
        yield f"{weights}: {loaded.layers} of {loaded.total} layers"
        if self.flags.clear or not loaded.whole:
            return 0
        if seen >= self.net.max_batches:
            yield (
                f"{weights}: trained for {seen} iterations, max_batches={self.net.max_batches}: "
                "taken as pretrained weights, training begins at 0"
            )
            return 0
        if seen:
            yield f"{weights}: training goes on at iteration {seen} (-clear begins at 0)"
        return seen

    def _announce(self, first: int) -> Iterator[str]:
        plan, net, device = self.network.plan, self.net, self.trainer.device
        yield (
            f"{self.name}: {len(plan.layers)} layers, {plan.bflops:.3f} BFLOPs, "
            f"{net.width}x{net.height}, on {device}, seed {self.seed}"
        )
        yield (
            f"learning rate {net.learning_rate:g}, momentum {net.momentum:g}, decay {net.decay:g}, "
            f"batch {net.batch} in {net.subdivisions}, iterations {first + 1} to {net.max_batches}"
        )
        yield (
            f"weights go to {self.saver.folder}: _last every {self.saver.last_every}, "
            f"numbered every {self.saver.every} iterations"
        )
        if self.precision_words:
            yield self.precision_words
        if net.batch < SMALL_BATCH:
            yield f"warning: batch={net.batch} is small; batch=64 is usual"

    def run(self, interrupts: Interrupts) -> Iterator[object]:
        """Train to the end, the time limit or Ctrl-C."""
        first = self.trainer.iteration
        self._describe_run(first)
        self.reporter = Reporter(self.trainer, self.dataset, self.saver.folder, self._origin())
        clock = Clock(self.flags.time_limit_sec, self.net.max_batches)
        history = History.open(self.saver.folder / f"{self.name}_train.csv", first)
        chart = ChartFile(self._chart_paths(), history, self.net, self.name)
        with history, self.make_loader(self.trainer.device, first) as loader:
            batches = itertools.islice(loader, self.net.max_batches - first)
            for step in self.trainer.steps(batches):
                clock.tick(step)
                yield from self._left_out(loader)
                yield from self._after(step, loader)
                history.add(step, self.evaluation.known(step.iteration))
                chart.refresh(clock.left)
                yield Trained(step.iteration, self.net.max_batches, self._note(step, clock))
                if interrupts.asked or clock.over:
                    yield from self._stop(step.iteration)
                    break
            else:
                yield from self._finish()
            chart.draw()
            yield f"chart: {', '.join(str(path) for path in chart.paths)}"
            yield from self._left_out(loader)
            if loader.broken:
                write_bad_lists(self.dataset, ".", loader.broken)
                yield f"{len(loader.broken)} pictures were left out; bad.list names them"
        if interrupts.asked:
            yield Ended(INTERRUPTED)

    def _left_out(self, loader: Loader) -> Iterator[str]:
        """Pictures that could not be read, each said once."""
        yield from (f"left out, another one takes its place: {why}" for why in loader.news())

    def _rate(self, iteration: int) -> float:
        chance = stream(self.seed, iteration, RATE_SLOT).random()
        return rate(iteration, self.net, chance)

    def make_loader(self, device: torch.device, first: int) -> Loader:
        """Batches from iteration `first` + 1 on."""
        return make_loader(
            self.dataset,
            self.net,
            self.head,
            self.flags,
            seed=self.seed,
            first=first + 1,
            device=device,
            folder=self.project.data.resolve(self.project.data.backup) / "cache",
        )

    def _chart_paths(self) -> list[Path]:
        return [Path(self.flags.chart or "chart.png"), Path(f"chart_{self.name}.png")]

    def _origin(self) -> dict[str, Any]:
        return origin(self.network, self.seed)

    def _describe_run(self, first: int) -> None:
        flags = {name: value for name, value in vars(self.flags).items() if name != "seed"}
        facts = {
            **self._origin(),
            "torch": torch.__version__,
            "began": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "first_iteration": first + 1,
            "data": str(self.project.data.source),
            "device": str(self.trainer.device),
            "precision": self.trainer.precision.words,
            "flags": flags,
        }
        self.saver.describe_run(facts, goes_on=first > 0)

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

    def _note(self, step: Step, clock: Clock) -> str:
        parts = [f"loss {step.average:.3f}", f"rate {step.rate:.6f}"]
        if self.evaluation.latest is not None:
            parts.append(f"mAP {self.evaluation.latest:.1%} best {self.evaluation.best:.1%}")
        parts.append(f"{clock.pictures_per_second:.0f} pictures/s")
        parts.append(f"waiting {clock.waiting:.0%}")
        parts.append(f"{clock.left} left")
        return ", ".join(parts)

    def _measure(self, iteration: int) -> Iterator[object]:
        """mAP on the valid list; better weights are kept."""
        detector = Detector(self.network, self.project.names, self.trainer.device)
        is_best = yield from self.evaluation.measure(detector, iteration)
        self.network.train()
        if is_best:
            yield self.saver.save(self.network, "best", iteration)
            self.saver.describe_best(iteration, self.evaluation.best, self._origin())

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
