"""`detector train`: from a data file, a cfg and perhaps weights to a trained detector."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from darkpy.augment.recipe import Recipe
from darkpy.data.caching import open_cache
from darkpy.data.dataset import Dataset, read_dataset, write_bad_lists
from darkpy.data.loader import Loader, default_threads
from darkpy.data.sampler import RATE_SLOT, stream
from darkpy.data.sizes import RandomSizes
from darkpy.detector.chart import ChartFile
from darkpy.detector.clock import Clock
from darkpy.detector.interrupts import Interrupts
from darkpy.detector.measure import measure
from darkpy.detector.preview import preview
from darkpy.detector.saving import Saver
from darkpy.detector.setup import Project, open_project, pick_device, stem
from darkpy.errors import CfgError, DarkpyError
from darkpy.events import Ended, Trained
from darkpy.files import writable_folder
from darkpy.history import History
from darkpy.inference import Detector
from darkpy.metrics.report import MapReport
from darkpy.solver.freezing import frozen_words
from darkpy.solver.schedule import rate
from darkpy.train import Step, Trainer
from darkpy.weights import load_weights, read_header

INTERRUPTED = 130  # exit status after Ctrl-C, when everything was saved
SMALL_BATCH = 8  # below it Darknet warns
_REMARKS = 10  # data findings that are printed; the lists hold all
_SEED_BITS = 31


@dataclass(frozen=True)
class TrainFlags:
    """The flags of `detector train`; see `darkpy detector train --help`."""

    clear: bool = False
    map: bool = False
    mAP_epochs: int = 4
    iou_thresh: float = 0.5
    thresh: float = 0.25
    show_imgs: bool = False
    chart: str = ""
    seed: int | None = None
    threads: int | None = None
    cache: str = "auto"
    augment: str = "auto"
    reduced_decode: bool = False
    time_limit_sec: float | None = None
    dont_show: bool = False
    i: int = 0
    nogpu: bool = False

    def seeded(self) -> TrainFlags:
        """With a seed; one is drawn if none was given."""
        return self if self.seed is not None else replace(self, seed=secrets.randbits(_SEED_BITS))


def run(data: str, cfg: str, weights: str = "", **flags) -> Iterator[object]:
    """Train; yields lines for the screen and a `Trained` an iteration."""
    chosen = TrainFlags(**flags).seeded()
    torch.manual_seed(chosen.seed)  # before the network draws its first weights
    training = Training(open_project(data, cfg), chosen, stem(cfg))
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
        self.head = list(self.network.heads.values())[-1].options
        self.seed = flags.seeded().seed
        self.mean_ap: float | None = None

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
        self.trainer = self.make_trainer(pick_device(self.flags.i, self.flags.nogpu), first)
        yield from self._announce(first)
        if self.flags.show_imgs:
            with self.make_loader(first) as loader:
                yield from preview(loader, self.project.names, windows=not self.flags.dont_show)

    def make_trainer(self, device: torch.device, first: int) -> Trainer:
        """The loop's state after iteration `first`."""
        return Trainer(
            self.network,
            self._rate,
            device=device,
            iteration=first,
        )

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
        yield from _remarks(self.dataset)
        written = write_bad_lists(self.dataset, ".")
        if written:
            yield f"all of them: {', '.join(str(path) for path in written)}"
        self.valid: Dataset | None = None
        if self.flags.map:
            data.require("valid")
            self.valid = read_dataset(data.resolve(data.valid), data, self.head.classes)
            yield from _remarks(self.valid)

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
        if net.batch < SMALL_BATCH:
            yield f"warning: batch={net.batch} is small; batch=64 is usual"

    def run(self, interrupts: Interrupts) -> Iterator[object]:
        """Train to the end, the time limit or Ctrl-C."""
        first = self.trainer.iteration
        self.best = self.saver.best_so_far() if first else -1.0
        self.measured_at = first
        clock = Clock(self.flags.time_limit_sec, self.net.max_batches)
        history = History.open(self.saver.folder / f"{self.name}_train.csv", first)
        chart = ChartFile(self._chart_paths(), history, self.net, self.name)
        with history, self.make_loader(first) as loader:
            batches = itertools.islice(loader, self.net.max_batches - first)
            for step in self.trainer.steps(batches):
                clock.tick(step)
                yield from self._left_out(loader)
                yield from self._after(step)
                history.add(step, self.mean_ap if self.measured_at == step.iteration else None)
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

    def make_loader(self, first: int) -> Loader:
        """Batches from iteration `first` + 1 on."""
        net, head, data = self.net, self.head, self.project.data
        recipe = Recipe.from_options(net, jitter=head.jitter, resize=head.resize, objects=head.max)
        sizes = RandomSizes.of(net, head.random, self.seed)
        cache = open_cache(
            self.flags.cache,
            self.dataset,
            net.channels,
            enough=recipe.enough(*sizes.largest) if self.flags.reduced_decode else None,
            folder=data.resolve(data.backup) / "cache",
        )
        return Loader(
            self.dataset,
            recipe,
            batch=net.batch,
            mini_batch=net.mini_batch,
            size=sizes.at,
            seed=self.seed,
            first=first + 1,
            threads=self._loading_threads(),
            cache=cache,
            on_device=self._augments_on_device(),
            pin=self.trainer.device.type == "cuda",
        )

    def _loading_threads(self) -> int:
        """-threads, or as many as the network leaves processors for."""
        threads = self.flags.threads
        return default_threads(self.trainer.device.type) if threads is None else threads

    def _augments_on_device(self) -> bool:
        """-augment: auto leaves the pixels to a GPU and makes them with OpenCV for a CPU."""
        if self.flags.augment == "auto":
            return self.trainer.device.type == "cuda"
        return self.flags.augment == "device"

    def _chart_paths(self) -> list[Path]:
        return [Path(self.flags.chart or "chart.png"), Path(f"chart_{self.name}.png")]

    def _after(self, step: Step) -> Iterator[object]:
        """What follows an iteration: mAP and files."""
        if not step.updated:
            yield f"iteration {step.iteration}: the loss is not finite; its update was left out"
        if self._measurement_due(step.iteration):
            yield from self._measure(step.iteration)
        for tag in self.saver.due(step.iteration):
            message = self.saver.save(self.network, tag, step.iteration)
            if tag != "last":
                yield message

    def _note(self, step: Step, clock: Clock) -> str:
        parts = [f"loss {step.average:.3f}", f"rate {step.rate:.6f}"]
        if self.mean_ap is not None:
            parts.append(f"mAP {self.mean_ap:.1%} best {self.best:.1%}")
        parts.append(f"{clock.pictures_per_second:.0f} pictures/s")
        parts.append(f"waiting {clock.waiting:.0%}")
        parts.append(f"{clock.left} left")
        return ", ".join(parts)

    def _measurement_due(self, iteration: int) -> bool:
        """Every mAP_epochs epochs, but at least 100 iterations apart and after burn-in."""
        if self.valid is None:
            return False
        epochs = self.flags.mAP_epochs * len(self.dataset) // self.net.batch
        due = max(self.measured_at + max(100, epochs), self.net.burn_in)
        return iteration >= due or iteration == self.net.max_batches

    def _measure(self, iteration: int) -> Iterator[object]:
        """mAP on the valid list; better weights are kept. A failure does not end the training."""
        assert self.valid is not None
        self.measured_at = iteration
        detector = Detector(self.network, self.project.names, self.trainer.device)
        try:
            report: MapReport = yield from measure(
                detector,
                self.valid,
                iou_thresh=self.flags.iou_thresh,
                thresh=self.flags.thresh,
                points=0,
                letter_box=self.net.letter_box,
            )
        except DarkpyError as problem:
            yield f"mAP at iteration {iteration} failed: {problem}"
            return
        finally:
            self.network.train()
        self.mean_ap = mean_ap = report.mean_average_precision
        is_best = mean_ap >= self.best
        compared = "the best so far" if is_best else f"best {self.best:.2%}"
        yield f"iteration {iteration}: mAP@{self.flags.iou_thresh:.2f} {mean_ap:.2%}, {compared}"
        if is_best:
            self.best = mean_ap
            yield self.saver.save(self.network, "best", iteration)
            self.saver.describe_best(iteration, mean_ap)

    def _stop(self, iteration: int) -> Iterator[object]:
        yield self.saver.save(self.network, "last", iteration)
        yield (
            f"stopped after iteration {iteration}; the same command with "
            f"{self.saver.path('last')} goes on from there"
        )

    def _finish(self) -> Iterator[object]:
        iteration = self.trainer.iteration
        yield self.saver.save(self.network, "last", iteration)
        yield self.saver.save(self.network, "final", iteration)
        if self.best >= 0:
            yield f"best mAP@{self.flags.iou_thresh:.2f} {self.best:.2%}: {self.saver.path('best')}"


def _remarks(dataset: Dataset) -> Iterator[str]:
    """How many pictures and labels there are, and the first things that are wrong."""
    counts = dataset.labels
    yield (
        f"{dataset.source}: {len(dataset)} pictures, {len(dataset.classes)} boxes; "
        f"{counts.labelled} labelled, {counts.empty} empty, {counts.missing} without a label file"
    )
    items = dataset.findings.items
    yield from (str(finding) for finding in items[:_REMARKS])
    if len(items) > _REMARKS:
        yield f"... and {len(items) - _REMARKS} more remarks"
