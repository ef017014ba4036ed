"""A network's passes replayed as CUDA graphs: with few pictures it is launches that take the time.

A graph reads and writes the same memory each time. So the pictures come into a buffer that stays,
one for each number of them, and what a pass gives holds until the next one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from darkpy.model.fast import FastLayers
from darkpy.model.network import Instead, Network

Outputs = dict[int, Tensor]  # of the heads, by layer index
Pass = Callable[[Tensor], Outputs]

_WARM_UP = 2  # passes that run plainly first, for libraries to set themselves up
_MOST = 4  # graphs: each holds the activations of its pass


class Recorder(Protocol):
    """How passes are recorded."""

    def plainly(self, work: Callable[[], Outputs]) -> Outputs:
        """Compute as it will be recorded."""

    def record(self, work: Callable[[], Outputs]) -> tuple[Callable[[], object], Outputs]:
        """What replays the work, which is not done yet, and where its outputs will be.

        RuntimeError where it cannot be recorded.
        """


class CudaRecorder:
    """Graphs of a GPU, which share their memory: only one runs at a time."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._stream = torch.cuda.Stream(device)
        self._pool = None

    def plainly(self, work: Callable[[], Outputs]) -> Outputs:
        # In the stream that will be captured: libraries set themselves up by stream.
        now = torch.cuda.current_stream(self._device)
        self._stream.wait_stream(now)
        with torch.cuda.stream(self._stream):
            outputs = work()
        now.wait_stream(self._stream)
        for output in outputs.values():
            output.record_stream(now)
        return outputs

    def record(self, work: Callable[[], Outputs]) -> tuple[Callable[[], object], Outputs]:
        graph = torch.cuda.CUDAGraph()
        how = {"pool": self._pool, "stream": self._stream}
        try:
            with torch.cuda.graph(graph, **how, capture_error_mode="thread_local"):
                outputs = work()
        except RuntimeError:
            torch.cuda.synchronize(self._device)
            torch.cuda.empty_cache()
            raise
        self._pool = self._pool or graph.pool()
        return graph.replay, outputs


@dataclass
class _Kind:
    """Passes of so many pictures: how often there were some, and the recording once there is."""

    done: int = 0
    images: Tensor | None = None
    replay: Callable[[], object] | None = None
    outputs: Outputs | None = None


class Replayed:
    """Runs passes of one network; from the third of a kind on as a replay of the recorded one.

    words: why passes are no longer recorded; empty as long as they are.
    """

    def __init__(self, recorder: Recorder) -> None:
        self.words = ""
        self._recorder = recorder
        self._kinds: dict[tuple[int, ...], _Kind] = {}
        self._fast: FastLayers | None = None

    def run(
        self, network: Network, fast: FastLayers, images: Tensor, instead: Instead | None = None
    ) -> Outputs:
        """What the network gives for images (B, C, H, W), computing with its fast layers.

        Weights that change make other fast layers, and what was recorded with the old is dropped.
        """

        def work(images: Tensor) -> Outputs:
            return network(images, instead)

        if fast is not self._fast:
            self._kinds.clear()
            self._fast = fast
        kind = self._kinds.get(images.shape)
        if self.words or (kind is None and len(self._kinds) == _MOST):
            return work(images)
        kind = self._kinds.setdefault(images.shape, _Kind())
        kind.done += 1
        if kind.done <= _WARM_UP:
            return self._recorder.plainly(lambda: work(images))
        if kind.replay is None and not self._recorded(kind, images, work):
            return work(images)
        kind.images.copy_(images)
        kind.replay()
        return kind.outputs

    def _recorded(self, kind: _Kind, images: Tensor, work: Pass) -> bool:
        kind.images = images.clone()
        try:
            kind.replay, kind.outputs = self._recorder.record(lambda: work(kind.images))
        except RuntimeError as problem:  # out of memory is one of them
            self.words = (str(problem).splitlines() or [type(problem).__name__])[0]
            self._kinds.clear()
            return False
        return True


def replayed_for(network: Network, device: torch.device) -> Replayed | None:
    """What replays the passes of a network; None on a processor, with use_cuda_graph=0 in [net],
    and where layers remember earlier pictures or draw.
    """
    if device.type != "cuda" or not replayable(network):
        return None
    return Replayed(CudaRecorder(device))


def replayable(network: Network) -> bool:
    """Whether each pass of a network does the same in the same memory."""
    return network.plan.net.use_cuda_graph != 0 and all(
        layer.steady or layer.plan.kind == "dropout" for layer in network.layers
    )
