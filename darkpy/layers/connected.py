"""[connected]: every output sees every input."""

from __future__ import annotations

from torch import Tensor, nn

from darkpy.layers.activation import ACTIVATIONS
from darkpy.layers.base import LAYERS, Layer
from darkpy.layers.batchnorm import batch_norm
from darkpy.layers.initial import begin_with
from darkpy.sections.base import Plan
from darkpy.sections.connected import Connected as Options


class Matrix(nn.Linear):
    """The weights of [connected], and its biases where there is no batch norm."""

    def __init__(self, options: Options, inputs: int) -> None:
        self._init = options.init
        super().__init__(inputs, options.output, bias=not options.batch_normalize)

    def reset_parameters(self) -> None:
        """As init= says; biases 0: make_connected_layer()."""
        begin_with(self.weight, self._init, self.in_features, self.out_features)
        if self.bias is not None:
            nn.init.zeros_(self.bias)


@LAYERS("connected", "conn")
class Connected(Layer):
    """(B, C, H, W) -> (B, output, 1, 1), by make_connected_layer() in Darknet."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        o, inputs = self.options, plan.inputs[0].size
        self.matrix = Matrix(o, inputs)
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
