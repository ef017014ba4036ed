"""What each layer takes, as the C program prints it with -benchmark_layers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping

import torch
from torch import Tensor

from darkpy.model.network import Instead, Network

_KEPT = 0.9  # of the average, with each new pass: forward_network_gpu(), src/network_kernels.cu

# LAYER_TYPE in Darknet's include/darknet.h, in its order; kinds that it does not have are -1.
_KINDS = """convolutional deconvolutional connected maxpool local_avgpool softmax detection dropout
crop route cost normalization avgpool local shortcut scale_channels sam activation rnn gru lstm
conv_lstm history crnn batchnorm network xnor region yolo Gaussian_yolo iseg reorg3d reorg upsample
logxent l2norm empty blank contrastive implicit"""
_TYPES = {kind: number for number, kind in enumerate(_KINDS.split())}


class LayerClock:
    """Times the layers of a network in its passes. The device is waited for after each layer."""

    def __init__(self, network: Network, device: torch.device) -> None:
        self._layers = network.layers
        self._device = device
        self._took: dict[int, float] = {}
        self._average: dict[int, float] = {}

    def around(self, instead: Instead) -> dict[int, Callable[..., Tensor]]:
        """What computes the layers, each with the clock around it."""
        return {
            index: self._timed(index, instead.get(index, layer))
            for index, layer in enumerate(self._layers)
        }

    def _timed(self, index: int, compute: Callable[..., Tensor]) -> Callable[..., Tensor]:
        def run(*inputs: Tensor) -> Tensor:
            began = time.perf_counter()
            output = compute(*inputs)
            if self._device.type == "cuda":
                torch.cuda.synchronize(self._device)
            self._add(index, 1e3 * (time.perf_counter() - began))
            return output

        return run

    def _add(self, index: int, took_ms: float) -> None:
        before = self._average.get(index, took_ms)
        self._took[index] = took_ms
        self._average[index] = before * _KEPT + took_ms * (1 - _KEPT)

    def lines(self) -> Iterator[str]:
        """Darknet's lines of the last pass, then its table, the slowest layer first."""
        for index, took in self._took.items():
            average = self._average[index]
            yield ""
            yield (
                f" fw-layer {index} - type: {self._type(index)} - {took:f} ms - "
                f"avg_time {average:f} ms "
            )
        yield from ("", "", "Sorted by time (forward):")
        for place, (index, average) in enumerate(_slowest_first(self._average)):
            yield (
                f"{place} - fw-sort-layer {index} - type: {self._type(index)} - "
                f"avg_time {average:f} ms "
            )

    def _type(self, index: int) -> int:
        return _TYPES.get(self._layers[index].plan.kind, -1)


def _slowest_first(times: Mapping[int, float]) -> list[tuple[int, float]]:
    return sorted(times.items(), key=lambda item: -item[1])
