"""[avgpool]: the mean of every channel."""

from __future__ import annotations

from torch import Tensor

from darkpy.layers.base import LAYERS, Layer


@LAYERS("avgpool", "avg")
class Avgpool(Layer):
    """(B, C, H, W) -> (B, C, 1, 1)."""

    steady = True

    def forward(self, x: Tensor) -> Tensor:
        return x.mean(dim=(2, 3), keepdim=True)
