"""What the program that made the numbers computes in another way than people's programs do.

The numbers come from its CPU build, corrected where that build is wrong (golden/README.md). Two
things are left, which are no more than the arithmetic of that build: a comparison that fails is
therefore made once more with them, and both results are shown.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from darkpy.layers.batchnorm import BatchNorm
from darkpy.model.network import Network

SUMS = "sums of batch norm in float32, one value after the other"
RELU6 = "relu6 gives 0: the CPU build's activate() does not know it"


def imitate(network: Network) -> list[str]:
    """Make a network compute as that build does; what has changed, in words."""
    changed = []
    for module in list(network.modules()):
        for name, child in list(module.named_children()):
            if type(child) is BatchNorm:
                setattr(module, name, _SequentialNorm(child))
                changed.append(SUMS)
    for layer in network.layers:
        if getattr(layer.options, "activation", "") == "relu6":
            layer.activation = torch.zeros_like
            changed.append(RELU6)
    return sorted(set(changed))


class _SequentialNorm(BatchNorm):
    """Batch norm with the parameters of another one, summing like mean_cpu(), src/blas.c."""

    def __init__(self, other: BatchNorm) -> None:
        super().__init__(other.num_features)
        self.weight, self.bias = other.weight, other.bias
        self.running_mean, self.running_var = other.running_mean, other.running_var
        self.train(other.training)

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        count = x.numel() // x.shape[1]
        with torch.no_grad():
            mean = _sum(x) / count
            variance = _sum((x - mean).square()) / count
            unbiased = variance * count / (count - 1)
            self.running_mean.lerp_(mean.flatten(), self.momentum)
            self.running_var.lerp_(unbiased.flatten(), self.momentum)
        return _Normalize.apply(x, self.weight, self.bias, mean, variance + self.eps)


class _Normalize(torch.autograd.Function):
    """The textbook derivative of batch norm, with the sums of `_sum`."""

    @staticmethod
    def forward(ctx, x, weight, bias, mean, variance):
        centred = x - mean
        scaled = centred / variance.sqrt()
        ctx.save_for_backward(centred, scaled, weight, variance)
        return scaled * weight.view(1, -1, 1, 1) + bias.view(1, -1, 1, 1)

    @staticmethod
    def backward(ctx, gradient):
        centred, scaled, weight, variance = ctx.saved_tensors
        count = scaled.numel() // scaled.shape[1]
        inner = gradient * weight.view(1, -1, 1, 1)
        by_mean = -_sum(inner) / variance.sqrt()
        by_variance = _sum(inner * centred) * -0.5 * variance.pow(-1.5)
        dx = inner / variance.sqrt() + by_variance * 2 * centred / count + by_mean / count
        return dx, _sum(gradient * scaled).flatten(), _sum(gradient).flatten(), None, None


def _sum(x: Tensor) -> Tensor:
    """(B, C, H, W) -> (1, C, 1, 1): float32 sums in the order of memory.

    numpy's running sum adds one value after the other; torch's and numpy's sum() do not.
    """
    values = x.detach().transpose(0, 1).flatten(1).float().cpu().numpy()
    sums = torch.from_numpy(np.cumsum(values, axis=1, dtype=np.float32)[:, -1].copy())
    return sums.view(1, -1, 1, 1).to(x.device)
