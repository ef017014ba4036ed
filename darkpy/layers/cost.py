"""[cost]: the loss between the layer before and the wanted values."""

from __future__ import annotations

from torch import Tensor

from darkpy.layers.base import LAYERS, Layer


@LAYERS("cost")
class Cost(Layer):
    """(B, C, H, W) -> the same: what is compared."""

    def forward(self, x: Tensor) -> Tensor:
        return x
