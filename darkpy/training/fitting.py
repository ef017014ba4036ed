"""Mini-batches that do not fit into a device's memory are taken in smaller ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import torch
from torch import Tensor

from darkpy.data.batch import Batch
from darkpy.errors import DarkpyError
from darkpy.layers.batchnorm import BatchNorm
from darkpy.training.graph import StepGraph

if TYPE_CHECKING:
    from darkpy.training.trainer import Trainer

# What torch says where a CPU's memory cannot be had; a GPU has an exception of its own.
_OF_A_CPU = "can't allocate memory"


class TooLarge(Exception):
    """Memory ran out before anything had changed."""


def ran_out(problem: BaseException) -> bool:
    """Whether it was memory that could not be had."""
    return isinstance(problem, torch.cuda.OutOfMemoryError | MemoryError) or (
        isinstance(problem, RuntimeError) and _OF_A_CPU in str(problem)
    )


@contextmanager
def untouched(statistics: Tensor, before: Tensor) -> Iterator[None]:
    """Passes that leave the rolling statistics as they were `before` where they fail.

    TooLarge where that is because of memory.
    """
    try:
        yield
    except Exception as problem:
        statistics.copy_(before)
        if ran_out(problem):
            raise TooLarge from problem
        raise


class Fitting:
    """Cuts mini-batches into as many `pieces` as it takes; their gradients add up all the same.

    words: what there is to say about it.
    """

    def __init__(self, trainer: Trainer) -> None:
        self.trainer = trainer
        self.network, self.device = trainer.network, trainer.device
        self.pieces = 1
        self.words = ""
        self._attempted: set[tuple[int, int]] = set()  # sizes of the input, px

    def cut(self, parts: list[Batch]) -> list[Batch]:
        """Mini-batches as they fit."""
        if self.pieces == 1:
            return parts
        return [piece for part in parts for piece in part.on(self.device).cut(self.pieces)]

    def passes(
        self, parts: list[Batch], before: Tensor, once: Callable[[int, Batch], Tensor]
    ) -> list[Tensor]:
        """What `once` gives for the own mini-batches, of numbers in the iteration.

        TooLarge where memory ran out: on this device or, if each has mini-batches of its own, on
        any. before: what the rolling statistics are then.
        """
        peers, statistics = self.trainer.peers, self.trainer.statistics
        rows: list[Tensor] = []
        try:
            with untouched(statistics, before):
                own = enumerate(parts, start=peers.first * self.pieces)
                rows = [once(at, batch) for at, batch in own]
        except TooLarge:
            if peers.sharers > 1:
                raise
        if peers.sharers == 1 and not peers.agree(bool(rows)):
            statistics.copy_(before)
            raise TooLarge
        return rows

    def attempt(self, parts: list[Batch], work: Callable[[list[Batch]], object]) -> None:
        """Where devices share mini-batches, find out what fits all of them before a new size of
        the input: in the middle of a step they would wait for the one that gave up."""
        size, peers = parts[0].size_hw, self.trainer.peers
        if peers.sharers == 1 or size in self._attempted:
            return
        while not peers.agree(self._fits(parts, work)):
            self._shrink(len(parts[0].counts))
        self._attempted.add(size)

    def _fits(self, parts: list[Batch], work: Callable[[list[Batch]], object]) -> bool:
        try:
            work(self.cut(parts))
        except TooLarge:
            return False
        return True

    def run(self, parts: list[Batch], work: Callable[[list[Batch]], Tensor]) -> Tensor:
        """What `work` gives for mini-batches, in smaller ones if it raises TooLarge.

        DarkpyError where there are none that fit.
        """
        while True:
            try:
                return work(self.cut(parts))
            except TooLarge:
                pass  # whose traceback holds on to memory
            if self.trainer.peers.sharers > 1:
                self._refuse(
                    "devices that share a mini-batch cannot stop halfway; raise subdivisions="
                )
            self._shrink(len(parts[0].counts))

    def _refuse(self, why: str) -> NoReturn:
        """DarkpyError: `why` there is no other way than another cfg."""
        net = self.network.plan.net
        raise DarkpyError(
            f"out of memory on {self.device} with batch={net.batch} subdivisions="
            f"{net.subdivisions} of {self.network.plan.source}: {why}"
        )

    def _shrink(self, pictures: int) -> None:
        """Take the next number of pieces that divides a mini-batch of so many pictures."""
        net = self.network.plan.net
        if net.time_steps > 1 or any(p.kind == "contrastive" for p in self.network.plan.layers):
            self._refuse("its mini-batches cannot be cut; raise subdivisions=")
        larger = (n for n in range(self.pieces + 1, pictures + 1) if pictures % n == 0)
        pieces = next(larger, 0)
        if not pieces:
            self._refuse("not even one picture fits; take a smaller width= and height=")
        self.pieces = pieces
        for module in self.network.modules():
            if isinstance(module, BatchNorm):
                module.begin(0)  # the iteration comes once more
        self._make_room()
        parts = net.subdivisions * pieces
        self.words = (
            f"out of memory on {self._where()}: from here on {pictures // pieces} pictures at a "
            f"time in place of {pictures}, as subdivisions={parts} has it (batch={net.batch} "
            "stays; batch norm sees what is computed at a time); say subdivisions= in the cfg"
        )

    def _where(self) -> str:
        return "one of the devices" if self.trainer.peers.many else str(self.device)

    def _make_room(self) -> None:
        """Let go of what is kept for mini-batches that turned out too large."""
        if self.trainer.graph is not None:
            self.trainer.graph = StepGraph(self.device)
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
