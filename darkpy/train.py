"""The training loop: it yields a record an iteration; it prints nothing and draws nothing."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from darkpy.adversary import Adversary
from darkpy.cfg.net import NetOptions
from darkpy.data.loader import Batch
from darkpy.guard import REMEMBER_EVERY, Guard
from darkpy.heads.base import Moment, Truths
from darkpy.network import Network, TrainingOutput
from darkpy.precision import FLOAT32, Precision
from darkpy.solver.averages import AveragedWeights
from darkpy.solver.loss_scale import LossScale
from darkpy.solver.memory import FlatMemory
from darkpy.solver.optimizer import build_optimizer

AVERAGE_DECAY = 0.9  # of the average loss: train_detector(), src/detector.c
PARTS = ("box", "objectness", "classes")
# On an accelerator the numbers of so many iterations are fetched in one go.
_FETCH_EVERY = 8


@dataclass(frozen=True)
class Step:
    """One finished iteration.

    loss: Darknet's, the heads' mean cost a picture. average: its running mean. parts: loss by
    name. watched: sums and counts over all heads by name. heads: both of each head by the index
    of its layer, summed over the pictures. size: height and width of the input, px. wait,
    compute: seconds waiting for pictures and seconds of the update.
    updated: False if loss or gradients were not finite and the weights were left alone. trouble:
    whether that is more than a loss scale that was too large. returned_to: the iteration whose
    weights were put back after too many troubles.
    """

    iteration: int
    loss: float
    average: float
    rate: float
    pictures: int
    size: tuple[int, int]
    wait: float
    compute: float
    parts: dict[str, float] = field(default_factory=dict)
    watched: dict[str, float] = field(default_factory=dict)
    heads: dict[int, dict[str, float]] = field(default_factory=dict)
    updated: bool = True
    trouble: bool = False
    returned_to: int | None = None

    @property
    def overlap(self) -> float:
        """Mean IoU of the boxes that truths were assigned to."""
        count = self.watched.get("count", 0.0)
        return self.watched.get("iou", 0.0) / count if count else 0.0


@dataclass(frozen=True)
class _Pending:
    """A step whose numbers are still on the device."""

    iteration: int
    numbers: Tensor
    rate: float
    size: tuple[int, int]
    wait: float
    compute: float


class Trainer:
    """Weights, optimizer and running average of one training.

    iteration: the last one done. Networks are trained in channels-last memory, which is the
    faster layout of both oneDNN and cuDNN. An iteration whose loss or gradients are not finite
    changes nothing; the device decides that by itself, without being waited for.
    """

    def __init__(
        self,
        network: Network,
        rate: Callable[[int], float],
        *,
        device: torch.device,
        iteration: int = 0,
        precision: Precision = FLOAT32,
        seed: int = 0,
    ) -> None:
        self.network = network.to(device, memory_format=torch.channels_last).train()
        self.net: NetOptions = network.plan.net
        self.device = device
        self.rate = rate
        self.iteration = iteration
        self.precision = precision
        self.average = -1.0
        self.optimizer = build_optimizer(network.layers, self.net, network.plan.moving)
        floats = [b for b in network.buffers() if b.dtype == torch.float32]
        self.statistics = FlatMemory(floats, device).flat
        self.averaged = AveragedWeights(self.optimizer.values, self.net)
        self.guard = Guard((self.optimizer.values, self.statistics), iteration)
        self.scale = LossScale(self.net.loss_scale, device) if precision.scaled else None
        self.adversary = Adversary(network, seed) if self.net.adversarial_lr else None
        self._names: list[tuple[int, str]] = []

    def steps(self, batches: Iterable[tuple[int, list[Batch]]]) -> Iterator[Step]:
        """Train on (iteration, its mini-batches) one after the other."""
        pending: list[_Pending] = []
        asked = time.perf_counter()
        for iteration, parts in batches:
            wait = time.perf_counter() - asked
            if not self.network.training:
                self.network.train()
            pending.append(self._update(iteration, parts, wait))
            self.iteration = iteration
            if self.device.type == "cpu" or len(pending) >= _FETCH_EVERY:
                yield from self._fetch(pending)
                pending = []
            asked = time.perf_counter()
        yield from self._fetch(pending)

    def _update(self, iteration: int, parts: list[Batch], wait: float) -> _Pending:
        """One optimizer step over the mini-batches of one iteration."""
        began = time.perf_counter()
        rate = self.rate(iteration) * self.guard.factor
        self.optimizer.clear()
        before = self.statistics.clone()
        numbers = sum(self._accumulate(iteration, at, batch) for at, batch in enumerate(parts))
        if self.scale is not None:
            self.optimizer.gradients.div_(self.scale.factor)
        ok = numbers[0].isfinite() & self.optimizer.finite()
        numbers = torch.cat((numbers, ok[None], self._lost_scale(ok)[None]))
        self.network.before_step()
        self.optimizer.step(iteration, rate, ok)
        torch.where(ok, self.statistics, before, out=self.statistics)
        self.network.after_step()
        self.averaged.follow(iteration)
        if iteration % REMEMBER_EVERY == 0:
            self.guard.remember(iteration)
        seconds = time.perf_counter() - began
        return _Pending(iteration, numbers, rate, parts[0].size, wait, seconds)

    def _accumulate(self, iteration: int, at: int, batch: Batch) -> Tensor:
        """Forward and backward of mini-batch `at`; its summed numbers, still on the device."""
        images = batch.images_on(self.device) / 255
        rows = batch.truths.to(self.device, non_blocking=True)
        counts = batch.counts.to(self.device, non_blocking=True)
        ignored = batch.ignored.to(self.device, non_blocking=True)
        truths = Truths.from_rows(rows, counts, ignored)
        seen = (iteration - 1) * self.net.batch + (at + 1) * len(images)
        moment = Moment(seen, iteration)
        if self.adversary is not None:
            images = self.adversary.attack(images, moment, at)
        with self.precision(self.device):
            output = self.network.train_on(images, truths, moment)
        root = output.gradient_root / self.optimizer.divisor
        (root if self.scale is None else root * self.scale.factor).backward()
        return self._numbers(output)

    def _lost_scale(self, ok: Tensor) -> Tensor:
        """Whether there was a loss scale that an overflow may be blamed on; it is adapted."""
        if self.scale is None:
            return torch.zeros_like(ok)
        lost = self.scale.factor > 1
        self.scale.follow(ok)
        return lost

    def _numbers(self, output: TrainingOutput) -> Tensor:
        """(1 + N,): the loss, then all parts and watched values of all heads as `_names` says."""
        total = torch.stack([loss.total for loss in output.losses.values()]).sum()
        values = {
            (index, name): value
            for index, loss in output.losses.items()
            for name, value in (*((p, getattr(loss, p)) for p in PARTS), *loss.watched.items())
        }
        self._names = list(values)
        return torch.stack([value.to(torch.float32) for value in (total, *values.values())])

    def _fetch(self, pending: list[_Pending]) -> Iterator[Step]:
        """Bring the numbers of several steps over in one transfer."""
        if not pending:
            return
        table = torch.stack([step.numbers for step in pending]).tolist()
        for step, (loss, *values, ok, scaled) in zip(pending, table, strict=True):
            yield self._record(step, loss, values, updated=bool(ok), scaled=bool(scaled))

    def _record(
        self, step: _Pending, loss: float, values: list[float], *, updated: bool, scaled: bool
    ) -> Step:
        heads: dict[int, dict[str, float]] = {index: {} for index, _ in self._names}
        sums: dict[str, float] = {}
        for (index, name), value in zip(self._names, values, strict=True):
            heads[index][name] = value
            sums[name] = sums.get(name, 0.0) + value
        per_picture = len(heads) * self.net.batch
        loss /= per_picture
        if self.average < 0 or not math.isfinite(self.average):
            self.average = loss
        self.average = AVERAGE_DECAY * self.average + (1 - AVERAGE_DECAY) * loss
        trouble = not updated and not (scaled and math.isfinite(loss))
        returns = trouble and self.guard.in_trouble(step.iteration)
        return Step(
            iteration=step.iteration,
            loss=loss,
            average=self.average,
            rate=step.rate,
            pictures=self.net.batch,
            size=step.size,
            wait=step.wait,
            compute=step.compute,
            parts={name: sums.pop(name) / per_picture for name in PARTS},
            watched=sums,
            heads=heads,
            updated=updated,
            trouble=trouble,
            returned_to=self._go_back() if returns else None,
        )

    def _go_back(self) -> int:
        """Begin again with good weights, no momentum and half the rate; gives their iteration."""
        iteration = self.guard.go_back()
        for tensor in self.optimizer.memory().values():
            tensor.zero_()
        if self.averaged.average is not None:
            self.averaged.average.copy_(self.optimizer.values)
        self.network.reset_state()
        return iteration
