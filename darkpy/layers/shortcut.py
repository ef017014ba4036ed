"""[shortcut]: the layer before plus one or several earlier ones, optionally weighted."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from darkpy.layers.activation import ACTIVATIONS
from darkpy.layers.base import LAYERS, Layer
from darkpy.sections.base import Plan

NORMALIZATION_EPS = 1e-4  # shortcut_multilayer_cpu(), src/blas.c
_LEAST = 1e-3  # lrelu() in src/blas_kernels.cu: no factor is too dead to be trained
_LARGEST_UPDATE = 1.0  # of a weight, summed over the iteration: update_shortcut_layer_gpu()


def _as_they_are(weights: Tensor) -> tuple[Tensor, Tensor]:
    return weights, torch.ones_like(weights)


def _shares_of_positive(weights: Tensor) -> tuple[Tensor, Tensor]:
    return _share(F.relu(weights)), _share(weights.clamp(min=_LEAST))


def _shares_of_exponentials(weights: Tensor) -> tuple[Tensor, Tensor]:
    shares = _share((weights - weights.amax(dim=0, keepdim=True)).exp())
    return shares, shares * (1 - shares)


def _share(x: Tensor) -> Tensor:
    return x / (x.sum(dim=0, keepdim=True) + NORMALIZATION_EPS)


# From weights (inputs, 1 or C) to factors and to Darknet's slopes of the factors, which are not
# their derivatives: backward_shortcut_multilayer_kernel(), src/blas_kernels.cu.
NORMALIZATIONS: dict[str, Callable[[Tensor], tuple[Tensor, Tensor]]] = {
    "none": _as_they_are,
    "relu": _shares_of_positive,
    "avg_relu": _shares_of_positive,
    "softmax": _shares_of_exponentials,
}


@LAYERS("shortcut")
class Shortcut(Layer):
    """(B, C, H, W) and others -> (B, C, H, W).

    An added layer of another number of channels takes part with those it has in common with the
    first, as the resnet cfgs need it. The weights are spared by weight decay.
    """

    steady = True

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
        still = self.weights.detach()
        factors, slopes = NORMALIZATIONS[self.options.weights_normalization](still)
        return list((factors + slopes * (self.weights - still))[:, :, None, None])

    @torch.no_grad()
    def before_step(self) -> None:
        if self.weights is not None and self.weights.grad is not None:
            limit = _LARGEST_UPDATE / self.plan.net.gradient_divisor
            self.weights.grad.clamp_(-limit, limit)

    def weights_in_file_order(self) -> list[Tensor]:
        return [] if self.weights is None else [self.weights]


def _fit_channels(x: Tensor, channels: int) -> Tensor:
    """Cut channels off, or add channels of zeros."""
    missing = channels - x.shape[1]
    return F.pad(x, (0, 0, 0, 0, 0, missing)) if missing > 0 else x[:, :channels]
