"""One piece of memory for many tensors, so that what is done to all of them is one operation."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor

# Tensors begin at multiples of so many float32: a cache line, and what vector units like.
_ALIGNMENT = 16


class FlatMemory:
    """Tensors moved into one flat tensor, in the order given.

    flat: (N,) float32, zeros between the tensors. slots: the place of each tensor in it. The
    tensors stay the same objects, of the same shape and memory format, and become views of it.
    """

    def __init__(self, tensors: Iterable[Tensor], device: torch.device) -> None:
        tensors = list(tensors)
        self.slots: list[slice] = []
        end = 0
        for tensor in tensors:
            self.slots.append(slice(end, end + tensor.numel()))
            end = aligned_end(self.slots[-1].stop)
        self.flat = torch.zeros(end, dtype=torch.float32, device=device)
        for tensor, place in zip(tensors, self.slots, strict=True):
            view = shaped_like(tensor, self.flat[place])
            view.copy_(tensor.detach())
            tensor.data = view

    def beside(self, tensors: Iterable[Tensor]) -> Tensor:
        """Zeros of the same layout; their views become the tensors' `grad`."""
        gradients = torch.zeros_like(self.flat)
        for tensor, place in zip(tensors, self.slots, strict=True):
            tensor.grad = shaped_like(tensor, gradients[place])
        return gradients


def aligned_end(end: int) -> int:
    """Where the tensor after one that ends at `end` begins."""
    return math.ceil(end / _ALIGNMENT) * _ALIGNMENT


def shaped_like(tensor: Tensor, piece: Tensor) -> Tensor:
    """A view of the flat `piece` with the shape and the memory format of `tensor`."""
    if tensor.dim() == 4 and tensor.is_contiguous(memory_format=torch.channels_last):
        n, c, h, w = tensor.shape
        return piece.view(n, h, w, c).permute(0, 3, 1, 2)
    return piece.view(tensor.shape)
