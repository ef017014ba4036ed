"""[reorg]: YOLOv2's exchange of resolution for channels, in the order that its weights know."""

from __future__ import annotations

from torch import Tensor

from darkpy.layers.base import LAYERS, Layer


def gather(x: Tensor, stride: int) -> Tensor:
    """(B, C, H*s, W*s) -> (B, s*s*C, H, W): the upper left pixels of all squares come first."""
    b, c, h, w = x.shape
    x = x.reshape(b, c, h // stride, stride, w // stride, stride)
    return x.permute(0, 3, 5, 1, 2, 4).reshape(b, -1, h // stride, w // stride)


def scatter(x: Tensor, stride: int) -> Tensor:
    """(B, s*s*C, H, W) -> (B, C, H*s, W*s), the other way round."""
    b, c, h, w = x.shape
    x = x.reshape(b, stride, stride, c // stride**2, h, w)
    return x.permute(0, 3, 4, 1, 5, 2).reshape(b, -1, h * stride, w * stride)


@LAYERS("reorg")
class Reorg(Layer):
    """(B, C, H, W) -> (B, C*s*s, H/s, W/s), or with reverse=1 (B, C/(s*s), H*s, W*s).

    Forward, reorg_cpu() in Darknet's src/blas.c is told the input's sizes where it expects the
    result's: the memory is read as if it held a picture `s` times as large.
    """

    steady = True

    def forward(self, x: Tensor) -> Tensor:
        s = self.options.stride
        if self.options.reverse:
            return scatter(x, s)
        b, c, h, w = x.shape
        larger = x.reshape(b, c // s**2, h * s, w * s)
        return gather(larger, s).reshape(b, c * s**2, h // s, w // s)
