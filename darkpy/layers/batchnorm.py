"""[batchnorm]: batch norm on its own; and the batch norms that other layers have inside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from darkpy.layers.base import LAYERS, Layer
from darkpy.sections.base import Plan

BATCH_NORM_EPS = 1e-5  # inside the root: normalize_cpu(), src/blas.c, and cuDNN's
BATCH_NORM_MOMENTUM = 0.01  # rolling = .99*rolling + .01*batch: forward_batchnorm_layer_gpu()
_OF_A_CHANNEL = (0, 2, 3)

Gathered = Callable[[Tensor], Tensor]


class BatchNorm(nn.BatchNorm2d):
    """Darknet's batch norm, whose rolling variance starts at 0.

    gathered: gives a tensor of each of the devices that share the mini-batch (D, ...), whose
    statistics are then those of all of it; None: each device normalizes by its own part.
    """

    gathered: Gathered | None = None

    def __init__(self, channels: int) -> None:
        super().__init__(channels, eps=BATCH_NORM_EPS, momentum=BATCH_NORM_MOMENTUM)
        nn.init.zeros_(self.running_var)
        self.num_batches_tracked = None  # a kernel a layer and mini-batch, for nobody

    def begin(self, iteration: int) -> None:
        """Hear of a mini-batch of training before it comes; iteration: of this step, from 1."""

    @contextmanager
    def only_looking(self) -> Iterator[None]:
        """Passes that leave the rolling statistics as they are."""
        momentum, self.momentum = self.momentum, 0.0
        try:
            yield
        finally:
            self.momentum = momentum

    def forward(self, x: Tensor) -> Tensor:
        if self.gathered is None or not self.training:
            return super().forward(x)
        with torch.no_grad():
            mean, variance, count = _of_all(x.detach().float(), self.gathered)
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance * (count / max(1, count - 1)), self.momentum)
            inverse = (variance + self.eps).rsqrt_()
        return _Normalized.apply(x, self.weight, self.bias, mean, inverse, self.gathered)


class CrossIterationNorm(BatchNorm):
    """batch_normalize=2: normalizes by the mean statistics of the iteration's mini-batches so far.

    After 2002.05712, as the GPU program has it (fast_v_cbn_kernel(), src/blas_kernels.cu), without
    the paper's correction for the weights' change: within an iteration they do not change. The
    gradient is batch norm's own, with these statistics in place of the mini-batch's.
    """

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        for name in ("mean", "mean_square"):
            self.register_buffer(name, torch.zeros(channels), persistent=False)
        self.number = 1
        self._iteration = 0

    def begin(self, iteration: int) -> None:
        self.number = self.number + 1 if iteration == self._iteration else 1
        self._iteration = iteration

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        with torch.no_grad():
            mean, deviation = self._observe(x.detach().float())
        return _Normalized.apply(x, self.weight, self.bias, mean, deviation)

    def _observe(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Let the averages follow a mini-batch; mean and 1 / standard deviation, (C,) each."""
        mean = x.mean(_OF_A_CHANNEL)
        count = x.numel() // len(mean)
        square = x.square().sum(_OF_A_CHANNEL) / max(1, count - 1)
        square = torch.maximum(square, mean.square())
        share = 1 / self.number
        # The first mini-batch replaces what the iteration before has left, finite or not.
        for average, now in ((self.mean, mean), (self.mean_square, square)):
            average.copy_(now if self.number == 1 else average.lerp(now, share))
        variance = (self.mean_square - self.mean.square()).clamp_(min=0)
        self.running_mean.lerp_(self.mean, self.momentum)
        self.running_var.lerp_(variance, self.momentum)
        return self.mean.clone(), (variance + self.eps).rsqrt_()


class _Normalized(torch.autograd.Function):
    """Batch norm of (B, C, H, W) with given mean and 1 / standard deviation, (C,) each.

    gathered: of the devices that these are the statistics of, if it is more than this one.
    """

    @staticmethod
    def forward(ctx, x, weight, bias, mean, inverse, gathered=None):
        ctx.save_for_backward(x, weight, mean, inverse)
        ctx.gathered = gathered
        scale = weight * inverse
        shift = bias - mean * scale
        return torch.addcmul(_wide(shift), x, _wide(scale)).to(x.dtype)

    @staticmethod
    def backward(ctx, gradient):
        x, weight, mean, inverse = ctx.saved_tensors
        gradient = gradient.float()
        normal = (x.float() - _wide(mean)) * _wide(inverse)
        of_bias = gradient.sum(_OF_A_CHANNEL)
        of_weight = (gradient * normal).sum(_OF_A_CHANNEL)
        count = x.numel() // len(mean)
        sums = torch.stack((of_bias, of_weight))
        if ctx.gathered is not None:
            parts = ctx.gathered(sums)
            sums, count = parts.sum(0), count * len(parts)
        taken_off = (_wide(sums[0]) + normal * _wide(sums[1])) / count
        of_x = (gradient - taken_off) * _wide(weight * inverse)
        return of_x.to(x.dtype), of_weight, of_bias, None, None, None


def _of_all(x: Tensor, gathered: Gathered) -> tuple[Tensor, Tensor, int]:
    """Mean and variance (C,) over the parts of a mini-batch, and over how many values."""
    count = x.numel() // x.shape[1]
    variance, mean = torch.var_mean(x, _OF_A_CHANNEL, correction=0)
    means, variances = gathered(torch.stack((mean, variance))).unbind(1)  # (D, C) each
    mean = means.mean(0)
    variance = (variances + (means - mean).square()).mean(0)  # the parts are of one size
    return mean, variance, count * len(means)


def _wide(x: Tensor) -> Tensor:
    """(C,) -> (1, C, 1, 1)."""
    return x[None, :, None, None]


def batch_norm(channels: int, kind: int = 1) -> BatchNorm:
    """The batch norm that batch_normalize=kind asks for."""
    return CrossIterationNorm(channels) if kind == 2 else BatchNorm(channels)


@LAYERS("batchnorm")
class Batchnorm(Layer):
    """(B, C, H, W) -> (B, C, H, W)."""

    steady = True

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.norm = batch_norm(plan.out.c)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(x)

    def weights_in_file_order(self) -> list[Tensor]:
        norm = self.norm
        return [norm.bias, norm.weight, norm.running_mean, norm.running_var]
