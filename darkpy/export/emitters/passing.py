"""Layers that pass on what they get, scale it, or have values of their own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import nn

from darkpy.export.emitters.base import EMITTERS
from darkpy.export.emitters.convolutional import with_norm
from darkpy.export.graph import Graph, Value


@EMITTERS("dropout", "empty", "silence", "cost", "contrastive")
def passed_on(g: Graph, layer: nn.Module, inputs: Sequence[Value]) -> Value:
    """What only training changes, or nothing."""
    return inputs[0]


@EMITTERS("batchnorm")
def batchnorm(g: Graph, layer: nn.Module, inputs: Sequence[Value]) -> Value:
    norm = layer.norm
    scale, shift = with_norm(norm.weight.new_ones(norm.num_features, 1, 1), None, norm)
    return g.add(g.mul(inputs[0], g.constant(scale[None])), g.constant(shift[None, :, None, None]))


@EMITTERS("implicit")
def implicit(g: Graph, layer: nn.Module, inputs: Sequence[Value]) -> Value:
    values = layer.weights.detach().cpu().numpy()
    values = values.reshape(1, *layer.plan.out)
    if g.batch is not None:
        return g.constant(np.repeat(values, g.batch, axis=0))
    shape = g.concat([g.shape_part(inputs[0], 0, 1), g.whole(*layer.plan.out)], 0)
    return g.op("Expand", g.constant(values), shape)
