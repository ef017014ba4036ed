"""[maxpool], [local_avgpool], [avgpool]."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from torch import nn

from darkpy.export.emitters.base import EMITTERS
from darkpy.export.emitters.convolutional import low_pass
from darkpy.export.graph import Graph, Value
from darkpy.sections.maxpool import Pooling

_NOTHING = -np.inf  # loses against all else


@EMITTERS("maxpool", "max")
def maxpool(g: Graph, layer: nn.Module, inputs: Sequence[Value]) -> Value:
    o = layer.options
    if o.maxpool_depth:
        return _deepest(g, inputs[0], layer.plan.inputs[0].c, o.out_channels)
    pooled = _pool(g, "MaxPool", inputs[0], o, o.kernel_steps)
    if o.maxpool_zero_nonmax:
        pooled = _zero_others(g, inputs[0], pooled)
    return pooled if layer.blur is None else low_pass(g, pooled, layer.blur, layer.plan.out.c)


@EMITTERS("local_avgpool", "local_avg")
def local_avgpool(g: Graph, layer: nn.Module, inputs: Sequence[Value]) -> Value:
    o = layer.options
    return _pool(g, "AveragePool", inputs[0], o, o.steps, count_include_pad=0)


@EMITTERS("avgpool", "avg")
def avgpool(g: Graph, layer: nn.Module, inputs: Sequence[Value]) -> Value:
    return g.op("GlobalAveragePool", inputs[0])


def _pool(
    g: Graph, kind: str, x: Value, o: Pooling, steps: tuple[int, int], **attributes: Any
) -> Value:
    before = o.margins // 2
    after = o.margins - before
    if after >= o.window and kind == "MaxPool":  # more than the operation allows
        x = g.pad(x, (0, 0, before, before, 0, 0, after, after), _NOTHING)
        before = after = 0
    return g.op(
        kind,
        x,
        kernel_shape=[o.window, o.window],
        strides=list(steps),
        pads=[before, before, after, after],
        **attributes,
    )


def _deepest(g: Graph, x: Value, have: int, channels: int) -> Value:
    """Of channels n, n + channels, ... the largest value."""
    x = g.pad(x, (0, 0, 0, 0, 0, -have % channels, 0, 0), _NOTHING)
    parts = [
        g.slice(x, 1, start, start + channels)
        for start in range(0, have + -have % channels, channels)
    ]
    return g.op("Max", *parts) if len(parts) > 1 else parts[0]


def _zero_others(g: Graph, x: Value, pooled: Value) -> Value:
    """x where it is the largest of its window, else 0: by the sign of what it lacks."""
    lacks = g.op("Sign", g.sub(pooled, x))
    return g.mul(pooled, g.sub(g.constant(np.float32(1)), lacks))
