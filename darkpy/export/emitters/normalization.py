"""[normalization]: local response normalization, as the C program sums it; [l2norm]."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import nn

from darkpy.export.emitters.base import EMITTERS
from darkpy.export.graph import Graph, Value


@EMITTERS("normalization", "lrn")
def normalization(g: Graph, layer: nn.Module, inputs: Sequence[Value]) -> Value:
    """The sums over neighbouring channels are a 1x1 convolution of the squares."""
    o, channels = layer.options, layer.plan.out.c
    before, after = (o.size - 1) // 2, o.size // 2
    distance = np.arange(channels) - np.arange(channels)[:, None]  # of channel j from channel i
    sums = ((distance >= -before) & (distance <= after)).astype(np.float64)
    if after < channels:
        sums[:, after] -= 1
    squares = g.mul(inputs[0], inputs[0])
    around = g.op("Conv", squares, g.constant(sums[:, :, None, None]), kernel_shape=[1, 1])
    base = g.add(g.mul(around, float(o.alpha)), float(o.kappa))
    return g.mul(inputs[0], g.op("Pow", base, g.constant(-float(o.beta))))


@EMITTERS("l2norm")
def l2norm(g: Graph, layer: nn.Module, inputs: Sequence[Value]) -> Value:
    scales = layer.scales.detach().cpu().numpy()[None, :, None, None]
    return g.mul(g.op("LpNormalization", inputs[0], axis=1, p=2), g.constant(scales))
