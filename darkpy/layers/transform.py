"""sway=, rotate=, stretch= and stretch_sway= of [convolutional]: kernels made from others.

The kernels, filter by filter and channel by channel, are cut into stages; after each step the
first quarter is copied over the others and every stage is then turned, stretched or mirrored in
its own way. Each way is linear, so a k x k kernel is a vector that a matrix (k*k, k*k) acts on.
From the kernels sway_and_flip_weights_gpu() and the like in Darknet's src/blas_kernels.cu.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

import torch
from torch import Tensor

_QUARTERS = 4  # reduce_and_expand_array_gpu() and expand_array_gpu() are called with it
_STRETCHES = (0.65, 0.8, 1.3)
_MORE_STRETCHES = (0.65, 0.8, 1.2, 1.4)

Source = Callable[[float, float], tuple[float, float]]


def transformed(weights: Tensor, kind: str, angle: float, *, back: bool = False) -> Tensor:
    """Kernels (N, C, k, k) with each stage's transform applied, or undone with `back`."""
    size = weights.shape[-1]
    matrices = _matrices(kind, size, math.trunc(angle), back).to(weights)
    kernels = weights.reshape(len(matrices), -1, size * size)
    return (kernels @ matrices.transpose(1, 2)).view(weights.shape)


def tied(weights: Tensor) -> Tensor:
    """The first quarter of the kernels four times."""
    quarters = weights.reshape(_QUARTERS, -1)
    return quarters[:1].expand_as(quarters).reshape(weights.shape)


def pooled(gradient: Tensor) -> Tensor:
    """The mean of the four quarters, four times."""
    quarters = gradient.reshape(_QUARTERS, -1)
    return quarters.mean(dim=0, keepdim=True).expand_as(quarters).reshape(gradient.shape)


@functools.cache
def _matrices(kind: str, size: int, angle: int, back: bool) -> Tensor:
    """(stages, k*k, k*k): the matrix of each stage of TRANSFORMS[kind]."""
    return torch.stack(_stages(kind, size, angle, back))


def _stages(kind: str, size: int, angle: int, back: bool) -> list[Tensor]:
    same = torch.eye(size * size)
    turn = -1 if back else 1
    if kind == "rotate":
        return [_permutation(size, lambda k, n=n: k.rot90(-n * turn, (1, 2))) for n in range(4)]
    if kind == "stretch":
        return [same, *(_stretched(size, 1 / s if back else s) for s in _STRETCHES)]
    mirrored = _permutation(size, lambda k: k.flip(2))
    swayed = [_turned(size, turn * angle), _turned(size, -turn * angle)]
    if kind == "sway":
        return [same, *swayed, mirrored]
    scales = [1 / s if back else s for s in _MORE_STRETCHES]
    stretches = [_stretched(size, s) if s > 1 else s * _stretched(size, s) for s in scales]
    return [same, *stretches, *swayed, mirrored]


def _permutation(size: int, move: Callable[[Tensor], Tensor]) -> Tensor:
    units = torch.eye(size * size).view(-1, size, size)
    return move(units).reshape(size * size, size * size).T


def _stretched(size: int, scale: float) -> Tensor:
    """Larger by `scale` about the middle, with values divided by it."""
    middle = size // 2
    matrix = _sampled(
        size, lambda x, y: (middle + (x - middle) / scale, middle + (y - middle) / scale)
    )
    return matrix / scale


def _turned(size: int, degrees: int) -> Tensor:
    """Turned about the middle; what falls off the corners is made up for."""
    middle = size // 2
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    matrix = _sampled(
        size,
        lambda x, y: (
            middle + (x - middle) * cos + (y - middle) * sin,
            middle - (x - middle) * sin + (y - middle) * cos,
        ),
    )
    return matrix * size**2 / matrix.sum()  # the sum is what did not fall off


def _sampled(size: int, source: Source) -> Tensor:
    """The matrix that reads each pixel between the four nearest of its source; 0 outside."""
    matrix = torch.zeros(size * size, size * size)
    for y in range(size):
        for x in range(size):
            at_x, at_y = source(x, y)
            left, top = math.floor(at_x), math.floor(at_y)
            for column, share_x in ((left, left + 1 - at_x), (left + 1, at_x - left)):
                for line, share_y in ((top, top + 1 - at_y), (top + 1, at_y - top)):
                    if 0 <= column < size and 0 <= line < size:
                        matrix[y * size + x, line * size + column] += share_x * share_y
    return matrix
