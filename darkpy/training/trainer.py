"""The training loop: it yields a record an iteration; it prints nothing and draws nothing."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor

from darkpy.cfg.net import NetOptions
from darkpy.data.loader import Batch
from darkpy.machine.arithmetic import arithmetic
from darkpy.machine.forks import compute_alone_in_children
from darkpy.model.network import Network
from darkpy.model.precision import FLOAT32, Precision
from darkpy.solver.averages import AveragedWeights
from darkpy.solver.loss_scale import LossScale, lost_to
from darkpy.solver.optimizer import build_optimizer
from darkpy.training.adversary import Adversary
from darkpy.training.autopsy import Autopsy, find_fault
from darkpy.training.distributed import Alone
from darkpy.training.fitting import Fitting, untouched
from darkpy.training.graph import StepGraph, unsteady
from darkpy.training.guard import REMEMBER_EVERY, Guard
from darkpy.training.ledger import Ledger, Pending
from darkpy.training.record import Step
from darkpy.training.statistics import finite, in_one_piece
from darkpy.training.targets import moment_of, targets_of

AVERAGE_DECAY = 0.9  # of the average loss: train_detector(), src/detector.c
# On an accelerator the numbers of so many iterations are fetched in one go.
_FETCH_EVERY = 8


class Trainer:
    """Weights, optimizer and running average of one training.

    iteration: the last one done. squares: the places in `statistics` that hold variances. apart:
    whether a record tells of each mini-batch, too.
    Networks are trained in channels-last memory, which is the faster layout of both oneDNN and
    cuDNN. An iteration whose loss or gradients are not finite changes nothing; the device decides
    that by itself, without being waited for.
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
        deterministic: bool = True,
        graph: bool | None = None,
        apart: bool = False,
    ) -> None:
        """graph: whether steps go through a StepGraph; None: on a GPU, unless the cfg says no."""
        compute_alone_in_children()
        self.network = network.to(device, memory_format=torch.channels_last).train()
        self.net: NetOptions = network.plan.net
        self.device = device
        self.rate = rate
        self.iteration = iteration
        self.precision = precision
        self.deterministic = deterministic
        self.apart = apart
        self.average = -1.0
        self.optimizer = build_optimizer(network.layers, self.net, network.plan.moving)
        self.statistics, self.squares = in_one_piece(network, device)
        self.averaged = AveragedWeights(self.optimizer.values, self.net)
        self.guard = Guard((self.optimizer.values, self.statistics), iteration)
        self.scale = LossScale(self.net.loss_scale, device) if precision.scaled else None
        self.adversary = Adversary(network, seed) if self.net.adversarial_lr else None
        self.ledger = Ledger(self.net.pictures)
        on_gpu = device.type == "cuda"
        graph = (on_gpu and self.net.use_cuda_graph != 0) if graph is None else graph
        self.unsteady = unsteady(network) if graph else ""
        self.graph = StepGraph(device) if graph and not self.unsteady else None
        self.fetch_every = _FETCH_EVERY if device.type != "cpu" else 1
        self.seed = seed
        self.peers = Alone()
        self.fitting = Fitting(self)

    def join(self, peers: Alone) -> None:
        """Train together with other devices from here on; each would record at its own time."""
        self.peers = peers
        peers.attach(self.network)
        if self.graph is not None and peers.many:
            self.graph, self.unsteady = None, "several devices train together"

    def news(self) -> Iterator[str]:
        """What there is to say about the steps by now, once."""
        if self.fitting.words:
            yield self.fitting.words
            self.fitting.words = ""
        if self.graph is not None and self.graph.words:
            yield f"no CUDA graph any more, steps run plainly: {self.graph.words}"
            self.graph = None

    def rehearse(self, large: Batch) -> None:
        """Pass a mini-batch forward and backward, which changes nothing but what then fits."""
        self.fitting.run([large], partial(self._alone, self.iteration))

    def _alone(self, iteration: int, parts: list[Batch]) -> Tensor:
        """Passes of a mini-batch without the other devices, of which nothing stays."""
        with self._aside() as before, untouched(self.statistics, before):
            return self._accumulate(iteration, 0, parts[0])

    def autopsy(self, iteration: int, parts: list[Batch]) -> Autopsy:
        """Look at an iteration once more, all of its mini-batches; nothing is changed by it."""
        numbered = enumerate(self.fitting.cut(parts))
        passes = [partial(self._accumulate, iteration, at, part) for at, part in numbered]
        with self._aside():
            return find_fault(self.network, passes)

    @contextmanager
    def _aside(self) -> Iterator[Tensor]:
        """Passes of this device alone that leave nothing; gives the statistics they begin with."""
        before = self.statistics.clone()
        self.network.train()
        self.optimizer.clear()
        try:
            with self._arithmetic(), self.peers.detached(self.network), torch.random.fork_rng():
                yield before
        finally:
            self.optimizer.clear()
            self.statistics.copy_(before)

    def steps(
        self,
        batches: Iterable[tuple[int, list[Batch]]],
        due: Callable[[int], bool] = lambda iteration: False,
    ) -> Iterator[Step]:
        """Train on (iteration, its mini-batches) one after the other.

        On an accelerator several iterations are done before the first of their records comes; it is
        the last of them where `iteration` is the record's. An iteration that is `due` always is the
        last one, so that what is done with its weights is done with its weights.
        """
        pending: list[Pending] = []
        asked = time.perf_counter()
        for iteration, parts in batches:
            wait = time.perf_counter() - asked
            if not self.network.training:
                self.network.train()
            with self._arithmetic():
                pending.append(self._update(iteration, parts, wait))
            self.iteration = iteration
            if len(pending) >= self.fetch_every or due(iteration):
                yield from self._fetch(pending)
                pending = []
            asked = time.perf_counter()
        yield from self._fetch(pending)

    def _arithmetic(self) -> AbstractContextManager:
        """What backward passes and updates compute in; set for their time only."""
        return arithmetic(self.device, tf32=self.precision.tf32, deterministic=self.deterministic)

    def _update(self, iteration: int, parts: list[Batch], wait: float) -> Pending:
        """One optimizer step over the mini-batches of one iteration."""
        began = time.perf_counter()
        rate = self.rate(iteration) * self.guard.factor
        self.peers.draw_anew(self.seed, iteration)
        facts = self.optimizer.facts(iteration, rate)
        self.fitting.attempt(parts, partial(self._alone, iteration))
        numbers = self.fitting.run(parts, lambda fit: self._run(iteration, fit, facts))
        self.averaged.follow(iteration)
        if iteration % REMEMBER_EVERY == 0:
            self.guard.remember(iteration)
        seconds = time.perf_counter() - began
        return Pending(iteration, numbers, rate, parts[0].size_hw, wait, seconds)

    def _run(self, iteration: int, parts: list[Batch], facts: Sequence[float]) -> Tensor:
        """A step, replayed where that is possible."""
        if self.graph is None:
            return self._step(iteration, parts, facts)
        key = self.network.plan.stopped(iteration), tuple(self.optimizer.awake(iteration))
        return self.graph.run(key, parts, facts, partial(self._step, iteration))

    def _step(self, iteration: int, parts: list[Batch], facts: Sequence[float] | Tensor) -> Tensor:
        """All that is done on the device in an iteration; facts: of the optimizer."""
        self.optimizer.clear()
        before = self.statistics.clone()
        rows = self.fitting.passes(parts, before, partial(self._accumulate, iteration))
        numbers = self.ledger.summed(rows, self.peers.placed if self.apart else None)
        with untouched(self.statistics, before):
            sums = self.optimizer.gradients, self.statistics
            numbers = self.peers.add_up(*sums, before, numbers, self.fitting.pieces)
        if self.scale is not None:
            self.optimizer.gradients.div_(self.scale.factor)
        ok = numbers[0].isfinite() & self.optimizer.finite() & finite(self.statistics)
        numbers = torch.cat((numbers, ok[None], lost_to(self.scale, ok)[None]))
        self.network.before_step()
        self.optimizer.move(iteration, facts, ok)
        torch.where(ok, self.statistics, before, out=self.statistics)
        self.network.after_step()
        return numbers

    def _accumulate(self, iteration: int, at: int, batch: Batch) -> Tensor:
        """Forward and backward of mini-batch `at`; its summed numbers, still on the device."""
        batch = batch.on(self.device)
        images, truths = batch.images / 255, targets_of(batch)
        moment = moment_of(self.net, self.peers, iteration, at, len(images))
        if self.adversary is not None:
            images = self.adversary.attack(images, truths, moment, at)
        factor = 1.0 if self.scale is None else self.scale.factor
        unit = factor / self.optimizer.divisor(iteration)
        with self.precision(self.device):
            output = self.network.train_on(images, truths, replace(moment, unit=unit))
        (output.gradient_root * unit).backward()
        return self.ledger.collect(output.losses)

    def _fetch(self, pending: list[Pending]) -> Iterator[Step]:
        """Bring the numbers of several steps over in one transfer."""
        if not pending:
            return
        with self.peers.answering():
            table = torch.stack([step.numbers for step in pending]).tolist()
        for step, (loss, *values, ok, scaled) in zip(pending, table, strict=True):
            yield self._record(step, loss, values, updated=bool(ok), scaled=bool(scaled))

    def _record(
        self, pending: Pending, loss: float, values: list[float], *, updated: bool, scaled: bool
    ) -> Step:
        loss = self.ledger.per_picture(loss)
        if self.average < 0 or not math.isfinite(self.average):
            self.average = loss
        self.average = AVERAGE_DECAY * self.average + (1 - AVERAGE_DECAY) * loss
        trouble = not updated and not (scaled and math.isfinite(loss))
        returns = trouble and self.guard.in_trouble(pending.iteration)
        return Step(
            iteration=pending.iteration,
            loss=loss,
            average=self.average,
            rate=pending.rate,
            pictures=self.net.pictures,
            size_hw=pending.size_hw,
            wait=pending.wait,
            compute=pending.compute,
            updated=updated,
            trouble=trouble,
            returned_to=self._go_back() if returns else None,
            **self.ledger.by_name(values),
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
