"""[route], [shortcut], [scale_channels], [sam]: several layers become one."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from darkpy.export.emitters.activation import activated
from darkpy.export.emitters.base import EMITTERS
from darkpy.export.graph import Graph, Value


@EMITTERS("route")
def route(g: Graph, layer: nn.Module, inputs: Sequence[Value]) -> Value:
    o = layer.options
    parts = []
    for x, shape in zip(inputs, layer.plan.inputs, strict=True):
        each = shape.c // o.groups
        start = o.group_id * each
        parts.append(x if o.groups == 1 else g.slice(x, 1, start, start + each))
    return g.concat(parts, 1)


@EMITTERS("shortcut")
def shortcut(g: Graph, layer: nn.Module, inputs: Sequence[Value]) -> Value:
    channels = layer.plan.inputs[0].c
    with torch.no_grad():
        factors = layer._factors()
    total = ""
    for number, (x, shape) in enumerate(zip(inputs, layer.plan.inputs, strict=True)):
        if shape.c > channels:
            x = g.slice(x, 1, 0, channels)
        elif shape.c < channels:
            x = g.pad(x, (0, 0, 0, 0, 0, channels - shape.c, 0, 0))
        if factors is not None:
            x = g.mul(x, g.constant(factors[number][None]))
        total = g.add(total, x) if total else x
    return activated(g, total, layer.options.activation)


@EMITTERS("scale_channels", "sam")
def scale_channels(g: Graph, layer: nn.Module, inputs: Sequence[Value]) -> Value:
    factors, x = inputs
    return activated(g, g.mul(x, factors), layer.options.activation)
