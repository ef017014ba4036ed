"""[reorg3d]: an exchange of resolution for channels that keeps neighbours together."""

from __future__ import annotations

from torch import Tensor

from darkpy.layers.base import LAYERS, Layer
from darkpy.layers.reorg import gather, scatter


@LAYERS("reorg3d")
class Reorg3d(Layer):
    """(B, C, H, W) -> (B, C*s*s, H/s, W/s), or with reverse=1 (B, C/(s*s), H*s, W*s).

    With reverse=1 reorg_cpu() in Darknet's src/blas.c is told the result's sizes where it expects
    the input's: the memory is read as if it held that shape.
    """

    def forward(self, x: Tensor) -> Tensor:
        s = self.options.stride
        if not self.options.reverse:
            return gather(x, s)
        b, c, h, w = x.shape
        as_result = x.reshape(b, c // s**2, h * s, w * s)
        return scatter(as_result, s).reshape(as_result.shape)
