"""[scale_channels]: an earlier layer, each channel times a number that the layer before gives."""

from __future__ import annotations

from torch import Tensor

from darkpy.layers.activation import ACTIVATIONS
from darkpy.layers.base import LAYERS, Layer
from darkpy.sections.base import Plan


@LAYERS("scale_channels")
class ScaleChannels(Layer):
    """(B, C, 1, 1) or (B, 1, H, W) factors and (B, C, H, W) -> (B, C, H, W)."""

    steady = True

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.activation = ACTIVATIONS[self.options.activation]

    def forward(self, factors: Tensor, x: Tensor) -> Tensor:
        return self.activation(x * factors)
