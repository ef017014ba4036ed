"""Whole training steps replayed as CUDA graphs: small kernels otherwise wait for launches.

A graph reads and writes the same memory each time. So a step gets its pictures and truths in
buffers that stay, and what changes from one iteration to the next as numbers on the device.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from darkpy.data.batch import Batch
from darkpy.model.network import Network

Work = Callable[[list[Batch], Tensor], Tensor]

# Steps of a kind that run plainly first, for libraries to set themselves up.
_WARM_UP, _LATER_WARM_UP = 2, 1
_ROWS = 8  # truths for which there is room grow by so many


def unsteady(network: Network) -> str:
    """Why the steps of a network cannot be replayed; empty if they can."""
    if network.plan.net.adversarial_lr:
        return "adversarial_lr= changes pictures at random"
    if network.rejection is not None:
        return "bad labels are rejected by iteration"
    if network.plan.net.optimized_memory:
        return "optimized_memory= computes on the way back"
    for layer in network.layers:
        if not layer.steady:
            section = layer.plan.section
            return f"[{section.kind}] in line {section.line} changes by iteration"
    return ""


class Room:
    """Buffers for mini-batches of a step; they fit with the same sizes and no more rows.

    Rows beyond a picture's own are zeros, which heads do not look at.
    """

    def __init__(self, parts: Sequence[Batch], device: torch.device) -> None:
        self.device = device
        self.rows = _roomy(max(part.truths.shape[1] for part in parts))
        self.ignored = _roomy(max(part.ignored.shape[1] for part in parts))
        self.parts = [self._like(part) for part in parts]

    def fits(self, parts: Sequence[Batch]) -> bool:
        """Whether there is room for all rows of truths."""
        return all(
            part.truths.shape[1] <= self.rows and part.ignored.shape[1] <= self.ignored
            for part in parts
        )

    def take(self, parts: Sequence[Batch]) -> None:
        """Bring mini-batches into the buffers."""
        for own, part in zip(self.parts, parts, strict=True):
            own.images.copy_(part.images_on(self.device), non_blocking=True)
            own.counts.copy_(part.counts, non_blocking=True)
            if own.wanted is not None:
                own.wanted.copy_(part.wanted, non_blocking=True)
            for buffer, rows in ((own.truths, part.truths), (own.ignored, part.ignored)):
                buffer[:, rows.shape[1] :] = 0
                buffer[:, : rows.shape[1]].copy_(rows, non_blocking=True)

    def _like(self, part: Batch) -> Batch:
        images, count = part.images_on(self.device), len(part.counts)
        columns = part.truths.shape[2]
        return Batch(
            images=torch.empty_like(images),
            truths=torch.zeros(count, self.rows, columns, device=self.device),
            counts=torch.zeros(count, dtype=part.counts.dtype, device=self.device),
            ignored=torch.zeros(count, self.ignored, part.ignored.shape[2], device=self.device),
            indices=part.indices,
            wanted=None if part.wanted is None else part.wanted.to(self.device, copy=True),
        )


@dataclass
class _Kind:
    """Steps that are alike: their buffers, and their graph once they have one."""

    room: Room
    facts: Tensor
    done: int = 0
    graph: torch.cuda.CUDAGraph | None = None
    result: Tensor | None = None


class StepGraph:
    """Runs steps that are alike by replaying the first of them.

    words: why steps are no longer captured; empty as long as they are. On a CPU, and after a
    failure, every step runs plainly in the same buffers.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.words = ""
        self._kinds: dict[Hashable, _Kind] = {}
        self._recorded = False
        self._stream = torch.cuda.Stream(device) if device.type == "cuda" else None
        self._pool = None

    def run(self, key: Hashable, parts: list[Batch], facts: Sequence[float], work: Work) -> Tensor:
        """What `work` gives for these mini-batches and numbers, in its own memory.

        key: of all that `work` reads beside them: steps of one key, and of one size of pictures,
        are alike. work takes mini-batches on the device and the numbers as a tensor (N,).
        """
        key = key, *((part.size_hw, len(part.counts)) for part in parts), len(facts)
        kind = self._kinds.get(key)
        if kind is None or not kind.room.fits(parts):
            # Another graph of the key is of no use any more, and holds memory.
            self._kinds.pop(key, None)
            self._make_room()
            kind = _Kind(Room(parts, self.device), torch.zeros(len(facts), device=self.device))
            self._kinds[key] = kind
        kind.room.take(parts)
        kind.facts.copy_(torch.tensor(facts, dtype=torch.float32), non_blocking=True)
        kind.done += 1
        warm_up = _LATER_WARM_UP if self._recorded else _WARM_UP
        if kind.graph is None and kind.done > warm_up and self._stream and not self.words:
            self._capture(kind, work)
        if kind.graph is not None:
            kind.graph.replay()
            return kind.result.clone()
        return self._plainly(kind, work)

    def _make_room(self) -> None:
        """Let all graphs go where a plain step may not find as much memory as they hold."""
        if self._pool is None:
            return
        free, _ = torch.cuda.mem_get_info(self.device)
        if free < torch.cuda.memory_reserved(self.device):
            self._kinds.clear()
            self._pool = None
            torch.cuda.empty_cache()

    def _plainly(self, kind: _Kind, work: Work) -> Tensor:
        if self._stream is None:
            return work(kind.room.parts, kind.facts)
        # In the stream that will be captured: libraries set themselves up by stream.
        now = torch.cuda.current_stream(self.device)
        self._stream.wait_stream(now)
        with torch.cuda.stream(self._stream):
            result = work(kind.room.parts, kind.facts)
        now.wait_stream(self._stream)
        result.record_stream(now)
        return result

    def _capture(self, kind: _Kind, work: Work) -> None:
        """Record a step; nothing is computed yet. A step that cannot be recorded is said."""
        graph = torch.cuda.CUDAGraph()
        try:
            # The loader's threads pin memory meanwhile, which is none of the recording's business.
            how = {"pool": self._pool, "stream": self._stream}
            with torch.cuda.graph(graph, **how, capture_error_mode="thread_local"):
                kind.result = work(kind.room.parts, kind.facts)
        except RuntimeError as problem:  # out of memory is one of them
            self.words = (str(problem).splitlines() or [type(problem).__name__])[0]
            kind.result = None
            torch.cuda.synchronize(self.device)
            torch.cuda.empty_cache()
            return
        kind.graph, self._recorded = graph, True
        self._pool = self._pool or graph.pool()


def _roomy(rows: int) -> int:
    """Room for some more rows than these; none where there are none."""
    return -(-rows // _ROWS) * _ROWS
