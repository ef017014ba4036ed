"""3x3 convolutions with fewer products: Winograd's F(2x2, 3x3) and F(4x4, 3x3).

Pixels and kernels are looked at as polynomials, and multiplied by their values at a few points. So
of every 6x6 pixels, four apart, 16 outputs are made with 36 products a channel, where the sum as
it stands takes 144; of every 4x4 pixels, two apart, four outputs with 16 instead of 36. What is
left are products of matrices: for the pixels, for all channels, for the outputs.

Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

# Channels, filters and pixels from which on a way is faster. With fewer channels transforming takes
# longer than the products that are saved, in several threads, which share the memory, even with 64;
# with fewer pixels reading the kernels does, of which there are 16 / 9 or four times as many.
_LEAST_CHANNELS = 128
_LEAST_PIXELS = {2: 128, 4: 400}
AT_ONCE = 512  # so many tiles times their side: what is made of them stays in the cache


@dataclass(frozen=True, eq=False)
class Transforms:
    """What makes `side` x `side` outputs of a tile of (side + 2)² pixels, as matrices."""

    side: int
    kernels: Tensor  # ((side + 2)², 9)
    pixels: Tensor  # ((side + 2)², (side + 2)²)
    outputs: Tensor  # (side², (side + 2)²)

    @classmethod
    def at(cls, *points: float) -> Transforms:
        """With values at these points, and at infinity: Toom and Cook's way."""
        side = len(points) - 1
        pixels, kernels, outputs = [], [], []
        for point in points:
            others = _with_roots([other for other in points if other != point])
            scale = sum(c * point**power for power, c in enumerate(others))
            pixels.append([*others, 0.0])
            kernels.append([point**power / scale for power in range(3)])
            outputs.append([point**power for power in range(side)])
        pixels.append(_with_roots(points))
        kernels.append([0.0, 0.0, 1.0])
        outputs.append([0.0] * (side - 1) + [1.0])
        one_way = (torch.tensor(rows, dtype=torch.float64) for rows in (kernels, pixels, outputs))
        of_kernels, of_pixels, of_outputs = one_way
        both_ways = (torch.kron(m, m).float() for m in (of_kernels, of_pixels, of_outputs.T))
        return cls(side, *(matrix.contiguous() for matrix in both_ways))


def _with_roots(points: list[float] | tuple[float, ...]) -> list[float]:
    """The product of all (x - point), its lowest power first."""
    product = [1.0]
    for point in points:
        shifted, scaled = [0.0, *product], [-point * c for c in product] + [0.0]
        product = [a + b for a, b in zip(shifted, scaled, strict=True)]
    return product


TWO = Transforms.at(0, 1, -1)
# As exact in float32 as the sum as it stands; 1 and 2, as usual, lose a digit's third more.
FOUR = Transforms.at(0, 5 / 8, -5 / 8, 3 / 2, -3 / 2)


class Winograd:
    """A convolution of 3x3 kernels (F, C, 3, 3), stride 1, margin 1; biases and activation along.

    (B, C, H, W) float32 -> (B, F, H, W), channels last, whatever the size.
    """

    def __init__(
        self,
        kernels: Tensor,
        biases: Tensor,
        activation: Callable[[Tensor], Tensor] | None,
        by: Transforms = TWO,
    ) -> None:
        filters, channels = kernels.shape[:2]
        by_pixel = kernels.permute(2, 3, 1, 0).reshape(9, -1)
        self.kernels = (by.kernels @ by_pixel).view(-1, channels, filters)  # of 36 or 16 values
        self.biases, self.activation, self.by = biases, activation, by

    def __call__(self, x: Tensor) -> Tensor:
        b, _, h, w = x.shape
        side = self.by.side
        down, across = -(-h // side), -(-w // side)
        frame = in_frame(x.permute(0, 2, 3, 1), down * side, across * side)
        output = x.new_empty(b, h, w, self.kernels.shape[2])
        for pictures, rows in strips(b, down, across, AT_ONCE // side):
            margin = slice(rows.start * side, rows.stop * side + 2)
            part = slice(rows.start * side, min(h, rows.stop * side))
            self._strip(frame[pictures, margin], output[pictures, part])
        return output.permute(0, 3, 1, 2)

    def _strip(self, pixels: Tensor, output: Tensor) -> None:
        """Fill `output` (B, h, w, F) from its pixels in their frame."""
        side, filters = self.by.side, output.shape[3]
        tiles = tiles_of(pixels, side)
        b, down, across, channels = tiles.shape[2:]
        values = self.by.pixels @ tiles.reshape(len(self.kernels), -1)
        products = values.view(len(self.kernels), -1, channels).bmm(self.kernels)
        made = self.by.outputs @ products.view(len(self.kernels), -1)
        made = made.view(side, side, b, down, across, filters).permute(2, 3, 0, 4, 1, 5)
        if output.shape[1:3] == (down * side, across * side):
            torch.add(made, self.biases, out=output.view(made.shape))
        else:
            made = (made + self.biases).reshape(b, down * side, across * side, filters)
            output.copy_(made[:, : output.shape[1], : output.shape[2]])
        if self.activation is not None:
            by_channel = output.permute(0, 3, 1, 2)
            activated = self.activation(by_channel)
            if activated is not by_channel:  # it does not work in place
                by_channel.copy_(activated)


def suiting(filters: int, channels: int, pixels: int) -> Transforms | None:
    """What makes a convolution of pictures of so many pixels fastest, if anything does."""
    if min(filters, channels) < _LEAST_CHANNELS:
        return None
    return next((way for way in (FOUR, TWO) if pixels >= _LEAST_PIXELS[way.side]), None)


def strips(b: int, down: int, across: int, tiles: int) -> Iterator[tuple[slice, slice]]:
    """Pictures and rows of tiles that are worked on at once: several pictures, or a part."""
    if down * across <= tiles:
        step = tiles // (down * across)
        for first in range(0, b, step):
            yield slice(first, min(b, first + step)), slice(0, down)
        return
    parts = -(-down // max(1, tiles // across))
    step = -(-down // parts)  # parts of the same size
    for number in range(b):
        for first in range(0, down, step):
            yield slice(number, number + 1), slice(first, min(down, first + step))


def in_frame(pixels: Tensor, height: int, width: int) -> Tensor:
    """(B, h, w, C) -> (B, height + 2, width + 2, C): zeros around."""
    b, h, w, c = pixels.shape
    frame = pixels.new_empty(b, height + 2, width + 2, c)
    for zeros in (frame[:, 0], frame[:, h + 1 :], frame[:, :, 0], frame[:, :, w + 1 :]):
        zeros.zero_()
    frame[:, 1 : h + 1, 1 : w + 1] = pixels
    return frame


def tiles_of(frame: Tensor, side: int) -> Tensor:
    """(B, n side + 2, m side + 2, C) -> (side + 2, side + 2, B, n, m, C), a view."""
    b, h, w, c = frame.shape
    of_b, of_h, of_w, _ = frame.stride()
    shape = (side + 2, side + 2, b, (h - 2) // side, (w - 2) // side, c)
    return frame.as_strided(shape, (of_h, of_w, of_b, side * of_h, side * of_w, 1))
