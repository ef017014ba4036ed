"""The chapter on speed: pictures a second of the loader and of the network, hours in all."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

from darkpy.augment.classifier import ClassifierRecipe
from darkpy.augment.recipe import Recipe
from darkpy.cfg.net import NetOptions
from darkpy.data.caching import open_cache
from darkpy.data.classes import ClassDataset
from darkpy.data.dataset import Dataset
from darkpy.data.forked import default_processes, open_loader
from darkpy.data.loader import Batch, Loader, default_threads
from darkpy.data.sizes import RandomSizes
from darkpy.doctor.report import NOTE, Chapter, Remark, spoken_hours
from darkpy.model.network import Network
from darkpy.training.trainer import Trainer

LOADER_SECONDS = 4.0
NETWORK_SECONDS = 5.0
_SIZES_ASKED = 400  # iterations whose input sizes are averaged
_PASSES = 4  # that should fit into the time
_FIRST = 2  # pictures of the first passes; batch norm refuses a single value
_SECONDS_AN_HOUR = 3600


@dataclass(frozen=True)
class Speed:
    """Pictures a second, each alone. growth: mean of the input's area against the cfg's own.

    shared: both compute on the same processors, so that their times add up.
    """

    loader: float
    network: float
    growth: float
    shared: bool

    def hours(self, net: NetOptions, first: int) -> float:
        """Of the iterations after `first`."""
        pictures = (net.max_batches - first) * net.pictures
        if self.shared:
            seconds = 1 / self.loader + 1 / self.network
        else:
            seconds = 1 / min(self.loader, self.network)
        return pictures * self.growth * seconds / _SECONDS_AN_HOUR

    @property
    def waiting(self) -> float:
        """Share of the time in which a device of its own waits for pictures."""
        return 0.0 if self.shared else max(0.0, 1 - self.loader / self.network)


def measure_speed(
    dataset: Dataset | ClassDataset,
    network: Network,
    device: torch.device,
    *,
    threads: int | None,
    clock: Callable[[], float] = time.perf_counter,
) -> Speed:
    """Load, then train, on real mini-batches for some seconds each; changes `network`."""
    net = network.plan.net
    keys = network.plan.picture_keys
    recipe: Recipe | ClassifierRecipe
    if isinstance(dataset, ClassDataset):
        recipe = ClassifierRecipe.from_options(net)
    else:
        look = {"jitter": keys.jitter, "resize": keys.resize, "objects": keys.objects}
        recipe = Recipe.from_options(net, **look)
    processes = default_processes(device.type) if threads is None else 0

    def loader(pictures: int) -> Loader:
        return open_loader(
            dataset,
            recipe,
            processes=processes,
            batch=pictures,
            mini_batch=pictures,
            size_hw=lambda iteration: (net.height, net.width),
            threads=default_threads(device.type) if threads is None else threads,
            cache=open_cache("auto", dataset, net.channels, shared=processes > 0),
            on_device=device.type == "cuda" and isinstance(recipe, Recipe),
        )

    growth = mean_growth(RandomSizes.of(net, keys.random, seed=0))
    loaded = _loader_speed(loader, net.mini_batch, clock)
    computed = _network_speed(network, device, loader, clock)
    return Speed(loaded, computed, growth, shared=device.type == "cpu")


def _loader_speed(
    loader: Callable[[int], Loader], mini_batch: int, clock: Callable[[], float]
) -> float:
    """Pictures a second."""
    began, count, seconds = clock(), 0, 0.0
    with loader(mini_batch) as batches:
        for _ in batches:
            count += mini_batch
            seconds = clock() - began
            if seconds >= LOADER_SECONDS:
                break
    return count / seconds


def _network_speed(
    network: Network,
    device: torch.device,
    loader: Callable[[int], Loader],
    clock: Callable[[], float],
) -> float:
    """Pictures a second: the best of several passes, which others on the machine disturb least.

    The size of the passes is that of the mini-batch or what a part of the time allows.
    """
    trainer = Trainer(network, lambda iteration: 0.0, device=device)
    mini_batch, steps = network.plan.net.mini_batch, network.plan.net.time_steps
    first = _one(loader(_whole(min(_FIRST, mini_batch), steps)))
    _timed(trainer, first, clock)  # sets things up, which takes its own time
    began = clock()
    best = _timed(trainer, first, clock)
    fitting = _whole(min(mini_batch, math.ceil(best * NETWORK_SECONDS / _PASSES)), steps)
    larger = fitting > len(first.counts)
    batch = _one(loader(fitting)) if larger else first
    if larger:
        _timed(trainer, batch, clock)  # and once more for each new size
    while clock() - began < NETWORK_SECONDS:
        best = max(best, _timed(trainer, batch, clock))
    return best


def _whole(pictures: int, steps: int) -> int:
    """So many pictures that they are sequences of `steps`, at least one."""
    return steps * max(1, pictures // steps)


def _one(loader: Loader) -> Batch:
    """The first mini-batch of a loader."""
    with loader:
        _, (batch,) = next(iter(loader))
    return batch


def _timed(trainer: Trainer, batch: Batch, clock: Callable[[], float]) -> float:
    """Pictures a second of one iteration with this mini-batch."""
    began = clock()
    for _ in trainer.steps([(trainer.iteration + 1, [batch])]):
        pass
    return len(batch.counts) / (clock() - began)


def mean_growth(sizes: RandomSizes) -> float:
    """Mean area of the input against the cfg's own, 1 without random=."""
    net = sizes.net
    step = max(1, net.max_batches // _SIZES_ASKED)
    asked = range(1, max(2, net.max_batches + 1), step)
    areas = [math.prod(sizes.at(iteration)) for iteration in asked]
    return sum(areas) / len(areas) / (net.height * net.width)


def speed_chapter(
    speed: Speed, net: NetOptions, first: int, device: torch.device, score: str = "mAP"
) -> Chapter:
    """How fast, how long, and what holds it up. score: what a training measures on the way."""
    hours = speed.hours(net, first)
    random = f", random sizes take {speed.growth:.2f} times the pixels" * (speed.growth != 1)
    lines = (
        f"loader {speed.loader:.1f} pictures/s, network {speed.network:.1f} pictures/s on {device} "
        f"at {net.width}x{net.height}{random}",
        f"{net.max_batches - first} iterations of {net.batch} pictures: about "
        f"{spoken_hours(hours)}, without measuring {score}",
    )
    remarks = []
    if speed.waiting > 0:
        text = (
            f"the network waits for pictures {speed.waiting:.0%} of the time; more -threads, "
            "-cache ram or smaller pictures help"
        )
        remarks.append(Remark(NOTE, text))
    facts = {
        "loader_pictures_per_second": speed.loader,
        "network_pictures_per_second": speed.network,
        "growth": speed.growth,
    }
    return Chapter("speed", lines, facts, tuple(remarks), hours)
