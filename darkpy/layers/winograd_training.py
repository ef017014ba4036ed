"""Training deep 3x3 convolutions on a processor with fewer products, there and back.

The gradient by the input is a convolution of the same kind, with the kernels turned round. The
gradient by the kernels takes the way of the outputs backwards: each output is a sum of products of
transformed pixels and kernels, so a kernel's slopes are sums, over all tiles, of the products of
transformed pixels and slopes. Those of a processor's library are the slowest part of a step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

from darkpy.layers import winograd
from darkpy.layers.winograd import FOUR, TWO, Transforms, Winograd

# Channels, filters and pixels from which on the kernels' gradients are faster so. Their library
# is further behind than with the sums, so 64 are enough; not for little work a picture, where
# small networks keep the bytes that they have always had.
_LEAST_CHANNELS = 64
_LEAST_WORK = 2**21  # channels times filters times pixels
_LEAST_PIXELS = {TWO: 128, FOUR: 400}
# Pixels of a whole mini-batch that outweigh the transforming of the kernels in each pass.
_LEAST_IN_ALL = 1024


@dataclass(frozen=True)
class Ways:
    """What makes a convolution and its gradients faster: of pixels (and slopes), of kernels."""

    sums: Transforms | None
    kernels: Transforms | None


def ways(x: Tensor, filters: int) -> Ways:
    """For a mini-batch (B, C, H, W)."""
    b, channels, h, w = x.shape
    if b * h * w < _LEAST_IN_ALL:
        return Ways(None, None)
    kernels = None
    deep = min(filters, channels) >= _LEAST_CHANNELS
    if deep and filters * channels * h * w >= _LEAST_WORK:
        kernels = next((way for way in (FOUR, TWO) if h * w >= _LEAST_PIXELS[way]), None)
    return Ways(winograd.suiting(filters, channels, h * w), kernels)


def open_to(x: Tensor) -> bool:
    """Whether numbers and device are those that this is made for."""
    plain = x.device.type == "cpu" and x.dtype == torch.float32
    return plain and not torch.is_autocast_enabled("cpu")


def convolved(x: Tensor, weights: Tensor, biases: Tensor | None) -> Tensor:
    """A convolution with 3x3 kernels, stride and margin 1, the fastest way there and back."""
    found = ways(x, len(weights))
    if found.kernels is None and found.sums is None:
        return F.conv2d(x, weights, biases, padding=1)
    return _Convolved.apply(x, weights, biases, found)


class _Convolved(torch.autograd.Function):
    """(B, C, H, W), (F, C, 3, 3), (F,) or None -> (B, F, H, W)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weights: Tensor, biases: Tensor | None, found: Ways) -> Tensor:
        ctx.save_for_backward(x, weights)
        ctx.found = found
        if found.sums is None:
            return F.conv2d(x, weights, biases, padding=1)
        biases = x.new_zeros(len(weights)) if biases is None else biases
        return Winograd(weights, biases, None, found.sums)(x)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slopes: Tensor) -> tuple[Tensor | None, ...]:
        x, weights = ctx.saved_tensors
        found: Ways = ctx.found
        of_x, of_weights, of_biases, _ = ctx.needs_input_grad
        slopes = slopes.contiguous(memory_format=torch.channels_last)
        plainly = [of_x and found.sums is None, of_weights and found.kernels is None, False]
        by_x, by_weights = _plain_gradients(slopes, x, weights, plainly)
        if of_x and found.sums is not None:
            turned = weights.flip(2, 3).transpose(0, 1)
            by_x = Winograd(turned, x.new_zeros(len(turned)), None, found.sums)(slopes)
        if of_weights and found.kernels is not None:
            by_weights = kernel_slopes(x, slopes, found.kernels)
        return by_x, by_weights, slopes.sum((0, 2, 3)) if of_biases else None, None


def _plain_gradients(
    slopes: Tensor, x: Tensor, weights: Tensor, which: list[bool]
) -> tuple[Tensor | None, Tensor | None]:
    """torch's own, by the input and by the weights, those that are asked for."""
    if not any(which):
        return None, None
    once, none = [1, 1], [0, 0]
    by_x, by_weights, _ = torch.ops.aten.convolution_backward(
        slopes, x, weights, None, once, once, once, False, none, 1, which
    )
    return by_x, by_weights


def kernel_slopes(x: Tensor, slopes: Tensor, by: Transforms) -> Tensor:
    """Slopes by the kernels (F, C, 3, 3) of (B, C, H, W), of slopes by the outputs (B, F, H, W)."""
    b, channels, h, w = x.shape
    side, values, filters = by.side, len(by.kernels), slopes.shape[1]
    down, across = -(-h // side), -(-w // side)
    frame = winograd.in_frame(x.permute(0, 2, 3, 1), down * side, across * side)
    slopes = slopes.permute(0, 2, 3, 1)
    if (h, w) != (down * side, across * side):
        slopes = F.pad(slopes, (0, 0, 0, across * side - w, 0, down * side - h))
    products = x.new_zeros(values, filters, channels)
    for pictures, rows in winograd.strips(b, down, across, winograd.AT_ONCE // side):
        margin = slice(rows.start * side, rows.stop * side + 2)
        part = slice(rows.start * side, rows.stop * side)
        tiles = winograd.tiles_of(frame[pictures, margin], side).reshape(values, -1)
        of_pixels = (by.pixels @ tiles).view(values, -1, channels)
        tiles = _apart(slopes[pictures, part], side).reshape(side * side, -1)
        of_slopes = (by.outputs.t() @ tiles).view(values, -1, filters)
        products.baddbmm_(of_slopes.transpose(1, 2), of_pixels)
    made = by.kernels.t() @ products.view(values, -1)
    return (
        made.view(3, 3, filters, channels)
        .permute(2, 3, 0, 1)
        .contiguous(memory_format=torch.channels_last)
    )


def _apart(pixels: Tensor, side: int) -> Tensor:
    """(B, n side, m side, F) -> (side, side, B, n, m, F), a view."""
    b, h, w, filters = pixels.shape
    tiles = pixels.reshape(b, h // side, side, w // side, side, filters)
    return tiles.permute(2, 4, 0, 1, 3, 5)
