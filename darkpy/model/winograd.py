"""3x3 convolutions with fewer products: Winograd's F(2x2, 3x3).

Of every 4x4 pixels, two apart, four outputs are made. Pixels and kernels are transformed so that
16 products a channel do for these four, where the sum as it stands takes 36; so what is left is
16 products of matrices. As each output adds up fewer numbers, it is rounded less often.

Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

# kernels of three values -> four: g0, (g0 + g1 + g2) / 2, (g0 - g1 + g2) / 2, g2
_KERNELS = torch.tensor([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])
_TO_ALL = 5  # the transformed value (1, 1) is in all four outputs with a factor of 1

_LEAST_CHANNELS = 128  # with fewer, transforming takes longer than the products that are saved
_LEAST_PIXELS = 128  # with fewer, reading the kernels does, of which there are 16 / 9 as many
_AT_ONCE = 2**17  # values of a channel-deep strip: what is made of them stays in the cache


class Winograd:
    """A convolution of 3x3 kernels (F, C, 3, 3), stride 1, margin 1; biases and activation along.

    (B, C, H, W) float32 -> (B, F, H, W), channels last, whatever the size.
    """

    def __init__(
        self, kernels: Tensor, biases: Tensor, activation: Callable[[Tensor], Tensor] | None
    ) -> None:
        filters, channels = kernels.shape[:2]
        by_pixel = kernels.permute(0, 2, 3, 1).reshape(filters, 9, channels)
        both = torch.kron(_KERNELS, _KERNELS)
        self.kernels = (both @ by_pixel).permute(1, 2, 0)  # (16, C, F)
        self.biases, self.activation = biases, activation

    def __call__(self, x: Tensor) -> Tensor:
        b, _, h, w = x.shape
        pixels = x.permute(0, 2, 3, 1)
        output = x.new_empty(b, h, w, self.kernels.shape[2])
        for pictures, rows in self._strips(b, h, w):
            margin = slice(max(0, rows.start - 1), rows.stop + 1)
            above = margin.start - (rows.start - 1)
            strip = _framed(pixels[pictures, margin], above, rows.stop - rows.start)
            self._strip(strip, output[pictures, rows])
        return output.permute(0, 3, 1, 2)

    def _strips(self, b: int, h: int, w: int) -> Iterator[tuple[slice, slice]]:
        """Pictures and rows of pixels that are worked on at once: several pictures, or a part."""
        _, channels, filters = self.kernels.shape
        across, down = -(-w // 2), -(-h // 2)
        rows = max(1, _AT_ONCE // (across * max(channels, filters)))
        if rows >= down:
            step = rows // down
            for first in range(0, b, step):
                yield slice(first, min(b, first + step)), slice(0, h)
            return
        step = 2 * -(-down // -(-down // rows))  # parts of the same size, in pixels
        for number in range(b):
            for first in range(0, h, step):
                yield slice(number, number + 1), slice(first, min(h, first + step))

    def _strip(self, pixels: Tensor, output: Tensor) -> None:
        """Fill `output` (B, h, w, F), which lies without gaps, from its pixels in their frame."""
        values = _transformed(pixels)
        b, down, across, channels = values.shape[2:]
        products = values.view(16, b * down * across, channels).bmm(self.kernels)
        products[_TO_ALL] += self.biases
        _add_up(products.view(4, 4, b, down, across, -1), output)
        if self.activation is not None:
            by_channel = output.permute(0, 3, 1, 2)
            made = self.activation(by_channel)
            if made is not by_channel:  # it does not work in place
                by_channel.copy_(made)


def suits(filters: int, channels: int, pixels: int) -> bool:
    """Whether a convolution of pictures of so many pixels is faster this way."""
    return min(filters, channels) >= _LEAST_CHANNELS and pixels >= _LEAST_PIXELS


def _framed(pixels: Tensor, above: int, height: int) -> Tensor:
    """(B, h, w, C) -> (B, 2 n + 2, 2 m + 2, C): zeros around, `above` rows of them at the top.

    height: rows of outputs.
    """
    b, h, w, c = pixels.shape
    down, across = -(-height // 2), -(-w // 2)
    frame = pixels.new_empty(b, 2 * down + 2, 2 * across + 2, c)
    frame[:, :above] = 0
    frame[:, above + h :] = 0
    frame[:, :, 0] = 0
    frame[:, :, w + 1 :] = 0
    frame[:, above : above + h, 1 : w + 1] = pixels
    return frame


def _transformed(frame: Tensor) -> Tensor:
    """(B, 2 n + 2, 2 m + 2, C) -> (4, 4, B, n, m, C), down first, then across."""
    b, h, w, c = frame.shape
    down, across = h // 2 - 1, w // 2 - 1
    halfway = frame.new_empty(4, b, down, w, c)
    _four([frame[:, i : i + 2 * down - 1 : 2] for i in range(4)], list(halfway))
    values = frame.new_empty(4, 4, b, down, across, c)
    pixels = [halfway[:, :, :, j : j + 2 * across - 1 : 2] for j in range(4)]
    _four(pixels, [values[:, j] for j in range(4)])
    return values


def _four(pixels: list[Tensor], values: list[Tensor]) -> None:
    torch.sub(pixels[0], pixels[2], out=values[0])
    torch.add(pixels[1], pixels[2], out=values[1])
    torch.sub(pixels[2], pixels[1], out=values[2])
    torch.sub(pixels[1], pixels[3], out=values[3])


def _add_up(products: Tensor, output: Tensor) -> None:
    """Products (4, 4, B, n, m, F) -> output (B, h, w, F); where a side is odd, one is left out."""
    halfway = torch.empty_like(products[:2])
    between = products[1] + products[2]
    torch.add(products[0], between, out=halfway[0])
    torch.sub(products[1], products[2], out=between)
    torch.sub(between, products[3], out=halfway[1])
    for i, values in enumerate(halfway):
        rows = output[:, i::2]
        left, right = rows[:, :, 0::2], rows[:, :, 1::2]
        n, m = rows.shape[1], right.shape[2]
        between = values[1] + values[2]
        torch.add(values[0, :, :n], between[:, :n], out=left)
        torch.sub(values[1], values[2], out=between)
        torch.sub(between[:, :n, :m], values[3, :, :n, :m], out=right)
