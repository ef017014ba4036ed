"""[convolutional]: a convolution, batch norm, an activation."""

from __future__ import annotations

import math

from torch import Tensor, nn

from darkpy.layers.activation import ACTIVATIONS
from darkpy.layers.base import LAYERS, Layer
from darkpy.sections.base import Plan

BATCH_NORM_EPS = 1e-5  # inside the root: normalize_cpu(), src/blas.c, and cuDNN's
BATCH_NORM_MOMENTUM = 0.01  # rolling = .99*rolling + .01*batch: forward_batchnorm_layer_gpu()


@LAYERS("convolutional", "conv")
class Convolutional(Layer):
    """(B, C, H, W) -> (B, filters, H', W'), by make_convolutional_layer() in Darknet."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        o, channels = self.options, plan.inputs[0].c
        self.conv = nn.Conv2d(
            channels,
            o.filters,
            o.size,
            stride=(o.step_y, o.step_x),
            padding=o.margin * o.reach,
            dilation=o.reach,
            groups=o.groups,
            bias=not o.batch_normalize,
        )
        self.norm = batch_norm(o.filters) if o.batch_normalize else None
        self.activation = ACTIVATIONS[o.activation]
        self._reset(channels)

    def _reset(self, channels: int) -> None:
        """Uniform weights of the C program, sqrt(2 / fan-in) at the most; biases 0."""
        fan_in = self.options.size**2 * channels / self.options.groups
        bound = math.sqrt(2 / fan_in)
        nn.init.uniform_(self.conv.weight, -bound, bound)
        if self.conv.bias is not None:
            nn.init.zeros_(self.conv.bias)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        if self.norm is not None:
            x = self.norm(x)
        return self.activation(x)

    def weights_in_file_order(self) -> list[Tensor]:
        if self.norm is None:
            return [self.conv.bias, self.conv.weight]
        norm = self.norm
        return [norm.bias, norm.weight, norm.running_mean, norm.running_var, self.conv.weight]

    def decayed(self) -> list[nn.Parameter]:
        return [self.conv.weight]


def batch_norm(channels: int) -> nn.BatchNorm2d:
    """Darknet's batch norm, whose rolling variance starts at 0."""
    norm = nn.BatchNorm2d(channels, eps=BATCH_NORM_EPS, momentum=BATCH_NORM_MOMENTUM)
    nn.init.zeros_(norm.running_var)
    return norm
