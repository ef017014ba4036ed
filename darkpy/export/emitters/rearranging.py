"""[reorg], [reorg3d], [upsample], [crop]: the same values at other places."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import nn

from darkpy.export.emitters.base import EMITTERS
from darkpy.export.graph import Graph, Value

_NO_PART_SINCE = 13


@EMITTERS("reorg")
def reorg(g: Graph, layer: nn.Module, inputs: Sequence[Value]) -> Value:
    s = layer.options.stride
    if layer.options.reverse:
        return _scatter(g, inputs[0], s)
    g.need_fixed("[reorg]")
    c, h, w = layer.plan.inputs[0]
    larger = g.reshape(inputs[0], 0, c // s**2, h * s, w * s)
    return g.reshape(_gather(g, larger, s), 0, c * s**2, h // s, w // s)


@EMITTERS("reorg3d")
def reorg3d(g: Graph, layer: nn.Module, inputs: Sequence[Value]) -> Value:
    s = layer.options.stride
    if not layer.options.reverse:
        return _gather(g, inputs[0], s)
    g.need_fixed("[reorg3d] with reverse=1")
    c, h, w = layer.plan.inputs[0]
    as_result = g.reshape(inputs[0], 0, c // s**2, h * s, w * s)
    # (B, s*s*C', H', W') read as if it held the result's shape
    return g.reshape(_scatter(g, as_result, s), 0, c // s**2, h * s, w * s)


@EMITTERS("upsample")
def upsample(g: Graph, layer: nn.Module, inputs: Sequence[Value]) -> Value:
    stride, scale = layer.options.stride, layer.options.scale
    if stride > 0:
        sides = g.constant([1.0, 1.0, float(stride), float(stride)], np.float32)
        # of parts of a picture: needed in name only before opset 13
        part = g.constant(np.zeros(0)) if g.opset < _NO_PART_SINCE else ""
        x = g.op(
            "Resize",
            inputs[0],
            part,
            sides,
            mode="nearest",
            coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
        )
        return g.mul(x, scale)
    side = -stride
    x = g.op("AveragePool", inputs[0], kernel_shape=[side, side], strides=[side, side])
    return g.mul(x, float(side**2) * scale)


@EMITTERS("crop")
def crop(g: Graph, layer: nn.Module, inputs: Sequence[Value]) -> Value:
    g.need_fixed("[crop]")
    o, (_, h, w) = layer.options, layer.plan.inputs[0]
    top, left = (h - o.crop_height) // 2, (w - o.crop_width) // 2
    x = g.slice(inputs[0], 2, top, top + o.crop_height)
    x = g.slice(x, 3, left, left + o.crop_width)
    return x if o.noadjust else g.add(g.mul(x, 2.0), -1.0)


def _gather(g: Graph, x: Value, stride: int) -> Value:
    """(B, C, H*s, W*s) -> (B, s*s*C, H, W), as `darkpy.layers.reorg.gather`."""
    return g.op("SpaceToDepth", x, blocksize=stride)


def _scatter(g: Graph, x: Value, stride: int) -> Value:
    return g.op("DepthToSpace", x, blocksize=stride, mode="DCR")
