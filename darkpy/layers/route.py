"""[route]: earlier outputs, or a group of their channels, one after the other."""

from __future__ import annotations

import torch
from torch import Tensor

from darkpy.layers.base import LAYERS, Layer


@LAYERS("route")
class Route(Layer):
    """Several (B, C, H, W) -> (B, sum of C/groups, H, W)."""

    steady = True

    def forward(self, *inputs: Tensor) -> Tensor:
        o = self.options
        if o.groups > 1:
            inputs = tuple(x.chunk(o.groups, dim=1)[o.group_id] for x in inputs)
        return inputs[0] if len(inputs) == 1 else torch.cat(inputs, dim=1)
