"""[batchnorm]: batch norm on its own."""

from __future__ import annotations

from torch import Tensor, nn

from darkpy.layers.base import LAYERS, Layer
from darkpy.sections.base import Plan

BATCH_NORM_EPS = 1e-5  # inside the root: normalize_cpu(), src/blas.c, and cuDNN's
BATCH_NORM_MOMENTUM = 0.01  # rolling = .99*rolling + .01*batch: forward_batchnorm_layer_gpu()


def batch_norm(channels: int) -> nn.BatchNorm2d:
    """Darknet's batch norm, whose rolling variance starts at 0."""
    norm = nn.BatchNorm2d(channels, eps=BATCH_NORM_EPS, momentum=BATCH_NORM_MOMENTUM)
    nn.init.zeros_(norm.running_var)
    return norm


@LAYERS("batchnorm")
class Batchnorm(Layer):
    """(B, C, H, W) -> (B, C, H, W)."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.norm = batch_norm(plan.out.c)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(x)

    def weights_in_file_order(self) -> list[Tensor]:
        norm = self.norm
        return [norm.bias, norm.weight, norm.running_mean, norm.running_var]
