"""The training loop: it yields a record an iteration; it prints nothing and draws nothing."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from darkpy.cfg.net import NetOptions
from darkpy.data.loader import Batch
from darkpy.heads.base import HeadLoss, Truths
from darkpy.network import Network
from darkpy.solver.optimizer import build_optimizer, set_rate

AVERAGE_DECAY = 0.9  # of the average loss: train_detector(), src/detector.c
PARTS = ("box", "objectness", "classes")
# On an accelerator the losses of so many iterations are fetched in one go.
_FETCH_EVERY = 8


@dataclass(frozen=True)
class Step:
    """One finished iteration.

    loss: Darknet's, the heads' mean cost a picture. average: its running mean. parts: loss by
    name. overlap: mean IoU of the boxes that truths were assigned to. size: height and width of
    the input, px. wait, compute: seconds waiting for pictures and seconds of the update.
    updated: False if the loss was not finite and the weights were left alone.
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
    overlap: float = 0.0
    updated: bool = True


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
    faster layout of both oneDNN and cuDNN.
    """

    def __init__(
        self,
        network: Network,
        rate: Callable[[int], float],
        *,
        device: torch.device,
        iteration: int = 0,
    ) -> None:
        self.network = network.to(device, memory_format=torch.channels_last).train()
        self.net: NetOptions = network.plan.net
        self.optimizer = build_optimizer(network.layers, self.net)
        self.device = device
        self.rate = rate
        self.iteration = iteration
        self.average = -1.0

    def steps(self, batches: Iterable[tuple[int, list[Batch]]]) -> Iterator[Step]:
        """Train on (iteration, its mini-batches) one after the other."""
        pending: list[_Pending] = []
        asked = time.perf_counter()
        for iteration, parts in batches:
            wait = time.perf_counter() - asked
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
        rate = self.rate(iteration)
        set_rate(self.optimizer, rate)
        self.optimizer.zero_grad(set_to_none=True)
        numbers = sum(self._accumulate(batch) for batch in parts)
        # The check stays on the CPU's side of things: there it costs no waiting.
        if self.device.type != "cpu" or bool(torch.isfinite(numbers).all()):
            self.optimizer.step()
        size = parts[0].size
        return _Pending(iteration, numbers, rate, size, wait, time.perf_counter() - began)

    def _accumulate(self, batch: Batch) -> Tensor:
        """Forward and backward of one mini-batch; its summed numbers, still on the device."""
        images = batch.images_on(self.device)
        images = images.to(torch.float32, memory_format=torch.channels_last).div_(255)
        rows = batch.truths.to(self.device, non_blocking=True)
        counts = batch.counts.to(self.device, non_blocking=True)
        ignored = batch.ignored.to(self.device, non_blocking=True)
        truths = Truths.from_rows(rows, counts, ignored)
        output = self.network.train_on(images, truths)
        (output.gradient_root / self._divisor).backward()
        return _numbers(list(output.losses.values()))

    @property
    def _divisor(self) -> int:
        """Darknet's Adam takes the sum of the gradients, its SGD the mean over the batch."""
        return 1 if self.net.adam else self.net.batch

    def _fetch(self, pending: list[_Pending]) -> Iterator[Step]:
        """Bring the numbers of several steps over in one transfer."""
        if not pending:
            return
        table = torch.stack([step.numbers for step in pending]).tolist()
        heads = len(self.network.heads)
        for step, (box, objectness, classes, overlap, count) in zip(pending, table, strict=True):
            per_picture = heads * self.net.batch
            parts = dict(
                zip(PARTS, (n / per_picture for n in (box, objectness, classes)), strict=True)
            )
            loss = sum(parts.values())
            if self.average < 0 or not math.isfinite(self.average):
                self.average = loss
            self.average = AVERAGE_DECAY * self.average + (1 - AVERAGE_DECAY) * loss
            yield Step(
                iteration=step.iteration,
                loss=loss,
                average=self.average,
                rate=step.rate,
                pictures=self.net.batch,
                size=step.size,
                wait=step.wait,
                compute=step.compute,
                parts=parts,
                overlap=overlap / count if count else 0.0,
                updated=math.isfinite(loss),
            )


def _numbers(losses: list[HeadLoss]) -> Tensor:
    """(5,): box, objectness and class loss, sum of overlaps, number of truths."""
    rows = [
        torch.stack(
            (
                loss.box,
                loss.objectness,
                loss.classes,
                loss.watched["iou"],
                loss.watched["count"].to(loss.box.dtype),
            )
        )
        for loss in losses
    ]
    return torch.stack(rows).sum(dim=0)
