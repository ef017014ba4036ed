"""[connected]: every output sees every input."""

from __future__ import annotations

import math

from torch import Tensor, nn

from darkpy.layers.activation import ACTIVATIONS
from darkpy.layers.base import LAYERS, Layer
from darkpy.layers.batchnorm import batch_norm
from darkpy.sections.base import Plan


class Matrix(nn.Linear):
    """The weights of [connected], and its biases where there is no batch norm."""

    def reset_parameters(self) -> None:
        """Uniform, sqrt(2 / inputs) at the most; biases 0: make_connected_layer()."""
        bound = math.sqrt(2 / self.in_features)
        nn.init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            nn.init.zeros_(self.bias)


@LAYERS("connected", "conn")
class Connected(Layer):
    """(B, C, H, W) -> (B, output, 1, 1), by make_connected_layer() in Darknet."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        o, inputs = self.options, plan.inputs[0].size
        self.matrix = Matrix(inputs, o.output, bias=not o.batch_normalize)
        self.norm = batch_norm(o.output) if o.batch_normalize else None
        self.activation = ACTIVATIONS[o.activation]

    def forward(self, x: Tensor) -> Tensor:
        x = self.matrix(x.flatten(1))[..., None, None]
        if self.norm is not None:
            x = self.norm(x)
        return self.activation(x)

    def weights_in_file_order(self) -> list[Tensor]:
        norm, matrix = self.norm, self.matrix
        if norm is None:
            return [matrix.bias, matrix.weight]
        return [norm.bias, matrix.weight, norm.weight, norm.running_mean, norm.running_var]

    def decayed(self) -> list[nn.Parameter]:
        return [self.matrix.weight]
