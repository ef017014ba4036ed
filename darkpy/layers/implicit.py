"""[implicit]: trained values that do not depend on the picture."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from darkpy.layers.base import LAYERS, Layer
from darkpy.sections.base import Plan


@LAYERS("implicit")
class Implicit(Layer):
    """(B, ...) -> (B, filters, atoms, 1), the same for each picture."""

    steady = True

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        o = self.options
        first = torch.empty(plan.arrays[0].shape).uniform_(o.mean - o.std, o.mean + o.std)
        self.weights = nn.Parameter(first)

    def forward(self, x: Tensor) -> Tensor:
        return self.weights.expand(x.shape[0], -1, -1, -1)

    @torch.no_grad()
    def after_step(self) -> None:
        if self.options.clip:
            self.weights.clamp_(-self.options.clip, self.options.clip)

    def weights_in_file_order(self) -> list[Tensor]:
        return [self.weights]

    def decayed(self) -> list[nn.Parameter]:
        return [self.weights]
