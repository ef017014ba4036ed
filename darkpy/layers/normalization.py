"""[normalization]: local response normalization, a channel against its neighbours.

Krizhevsky et al., "ImageNet Classification with Deep Convolutional Neural Networks", 3.3.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from darkpy.layers.base import LAYERS, Layer


@LAYERS("normalization", "lrn")
class Normalization(Layer):
    """(B, C, H, W) -> (B, C, H, W).

    As forward_normalization_layer() in Darknet has it: the square of channel size/2 is left out
    of every sum, because the running sum starts without it and later takes it off all the same;
    the gradient does not flow through the divisor.
    """

    def forward(self, x: Tensor) -> Tensor:
        o = self.options
        squares = x.detach().square()
        before, after = (o.size - 1) // 2, o.size // 2
        sums = F.pad(squares, (0, 0, 0, 0, before + 1, after)).cumsum(dim=1)
        around = sums[:, o.size :] - sums[:, : -o.size]
        if after < x.shape[1]:
            around = around - squares[:, after : after + 1]
        return x * (o.kappa + o.alpha * around) ** -o.beta
