"""[shortcut]: the layer before plus one or several earlier ones, optionally weighted."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from darkpy.layers.activation import ACTIVATIONS
from darkpy.layers.base import LAYERS, Layer
from darkpy.sections.base import Plan

NORMALIZATION_EPS = 1e-4  # shortcut_multilayer_cpu(), src/blas.c


@LAYERS("shortcut")
class Shortcut(Layer):
    """(B, C, H, W) and others -> (B, C, H, W).

    An added layer of another number of channels takes part with those it has in common with the
    first, as the resnet cfgs need it.
    """

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.activation = ACTIVATIONS[self.options.activation]
        self.weights = nn.Parameter(torch.ones(plan.arrays[0].shape)) if plan.arrays else None

    def forward(self, first: Tensor, *others: Tensor) -> Tensor:
        factors = self._factors()
        total = first if factors is None else first * factors[0]
        for number, x in enumerate(others, start=1):
            if x.shape[1] != first.shape[1]:
                x = _fit_channels(x, first.shape[1])
            total = total + (x if factors is None else x * factors[number])
        return self.activation(total)

    def _factors(self) -> list[Tensor] | None:
        """Factors of the inputs, each (1 or C, 1, 1)."""
        if self.weights is None:
            return None
        weights = self.weights
        kind = self.options.weights_normalization
        if kind in ("relu", "avg_relu"):
            weights = F.relu(weights)
        elif kind == "softmax":
            weights = (weights - weights.amax(dim=0, keepdim=True)).exp()
        if kind != "none":
            weights = weights / (weights.sum(dim=0, keepdim=True) + NORMALIZATION_EPS)
        return list(weights[:, :, None, None])

    def weights_in_file_order(self) -> list[Tensor]:
        return [] if self.weights is None else [self.weights]

    def decayed(self) -> list[nn.Parameter]:
        return [] if self.weights is None else [self.weights]


def _fit_channels(x: Tensor, channels: int) -> Tensor:
    """Cut channels off, or add channels of zeros."""
    missing = channels - x.shape[1]
    return F.pad(x, (0, 0, 0, 0, 0, missing)) if missing > 0 else x[:, :channels]
