"""Convolutions of another program's file put into the layers of a cfg, by order and shape.

The layers right before the heads are matched first, among themselves: many programs keep them at
the end. All others are matched in order; what the shapes do not agree on is left out on both sides.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

import torch
from torch import Tensor

from darkpy.importers.state_dict import Kernel
from darkpy.layers.batchnorm import BATCH_NORM_EPS
from darkpy.layers.convolutional import Convolutional
from darkpy.model.network import Network
from darkpy.model.weights import save_weights


@dataclass(frozen=True)
class Match:
    """What found its place, and what did not."""

    pairs: list[tuple[Convolutional, Kernel]]
    empty: list[Convolutional]
    unused: list[Kernel]


def taken_over(
    kernels: Sequence[Kernel],
    cfg: Path,
    out: str,
    the_rest: Callable[[Network], None] = lambda network: None,
) -> Match:
    """Write a weights file for a cfg with what fits; nothing if nothing does.

    the_rest: fills what is no convolution.
    """
    network = Network.from_cfg(cfg)
    found = matched(network, kernels)
    for layer, kernel in found.pairs:
        fill(layer, kernel)
    if found.pairs:
        with torch.no_grad():
            the_rest(network)
        save_weights(network, out, 0)
    return found


def matched(network: Network, kernels: Sequence[Kernel]) -> Match:
    """Find the layer of each convolution."""
    layers = [
        layer
        for layer in network.layers
        if isinstance(layer, Convolutional) and layer.conv is not None
    ]
    sources = {source for head in network.detecting.values() for source in head.plan.sources}
    last = [layer for layer in layers if layer.plan.index in sources]
    wide = {_shape(layer)[0] for layer in last}
    ends = [kernel for kernel in kernels if kernel.shape[0] in wide and kernel.shape[2:] == (1, 1)]
    ends = ends[-len(last) :] if last else []
    pairs = _in_order(last, ends)
    if len(pairs) < len(last):
        pairs = []
    taken = {id(thing) for pair in pairs for thing in pair}
    pairs += _in_order(_others(layers, taken), _others(kernels, taken))
    taken = {id(thing) for pair in pairs for thing in pair}
    return Match(pairs, _others(layers, taken), _others(kernels, taken))


def _others(things: Iterable, taken: set[int]) -> list:
    return [thing for thing in things if id(thing) not in taken]


def _in_order(
    layers: list[Convolutional], kernels: list[Kernel]
) -> list[tuple[Convolutional, Kernel]]:
    """The longest runs of equal shapes in both."""
    shapes = [[_shape(layer) for layer in layers], [kernel.shape for kernel in kernels]]
    runs = SequenceMatcher(None, *shapes, autojunk=False).get_matching_blocks()
    return [
        (layers[run.a + step], kernels[run.b + step]) for run in runs for step in range(run.size)
    ]


def _shape(layer: Convolutional) -> tuple[int, ...]:
    return tuple(layer.conv.weight.shape)


@torch.no_grad()
def fill(layer: Convolutional, kernel: Kernel) -> None:
    """Put a convolution into a layer, whose batch norm may be one that changes nothing."""
    if layer.norm is None:
        weight, bias = kernel.without_norm()
        layer.conv.weight.copy_(weight)
        layer.conv.bias.copy_(bias)
        return
    layer.conv.weight.copy_(kernel.weight)
    for tensor, values in zip(_norm_tensors(layer), _norm_values(kernel), strict=True):
        tensor.copy_(values)


def _norm_tensors(layer: Convolutional) -> list[Tensor]:
    norm = layer.norm
    return [norm.weight, norm.bias, norm.running_mean, norm.running_var]


def _norm_values(kernel: Kernel) -> list[Tensor]:
    """Scale, shift, mean and variance, with Darknet's eps beside it."""
    bias = kernel.weight.new_zeros(len(kernel.weight)) if kernel.bias is None else kernel.bias
    if kernel.norm is None:
        ones = torch.ones_like(bias)
        return [math.sqrt(1 + BATCH_NORM_EPS) * ones, bias, torch.zeros_like(bias), ones]
    norm = kernel.norm
    return [norm.scale, norm.shift, norm.mean - bias, (norm.variance - BATCH_NORM_EPS).clamp(min=0)]
