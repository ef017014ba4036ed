"""[local]: a convolution whose kernels differ from place to place."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from darkpy.layers.activation import ACTIVATIONS
from darkpy.layers.base import LAYERS, Layer
from darkpy.layers.initial import begin_with
from darkpy.sections.base import Plan


@LAYERS("local")
class Local(Layer):
    """(B, C, H, W) -> (B, filters, H', W'), by forward_local_layer() in Darknet.

    weights (H'*W', filters, C*size*size): a kernel a place, biases (filters, H', W').
    """

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        biases, weights = (array.shape for array in plan.arrays)
        o = self.options
        self.biases = nn.Parameter(torch.zeros(biases))
        self.weights = nn.Parameter(torch.empty(weights))
        with torch.no_grad():
            begin_with(self.weights, o.init, weights[2], o.filters * o.size**2)
        self.activation = ACTIVATIONS[o.activation]

    def forward(self, x: Tensor) -> Tensor:
        o = self.options
        patches = F.unfold(x, o.size, padding=o.pad, stride=o.stride)  # (B, C*size*size, H'*W')
        summed = torch.einsum("lnk,bkl->bnl", self.weights, patches)
        return self.activation(summed.view(-1, *self.biases.shape) + self.biases)

    def weights_in_file_order(self) -> list[Tensor]:
        return [self.biases, self.weights]

    def decayed(self) -> list[nn.Parameter]:
        return [self.weights]
