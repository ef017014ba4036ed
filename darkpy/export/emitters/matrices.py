"""[connected] and [local]."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from darkpy.export.emitters.activation import activated
from darkpy.export.emitters.base import EMITTERS
from darkpy.export.emitters.convolutional import with_norm
from darkpy.export.graph import Graph, Value


@EMITTERS("connected", "conn")
def matrix(g: Graph, layer: nn.Module, inputs: Sequence[Value]) -> Value:
    g.need_fixed("[connected]")
    weights, biases = with_norm(layer.matrix.weight, layer.matrix.bias, layer.norm)
    flat = g.reshape(inputs[0], 0, -1)
    x = g.op("Gemm", flat, g.constant(weights), g.constant(biases), transB=1)
    return activated(g, g.reshape(x, 0, len(biases), 1, 1), layer.options.activation)


@EMITTERS("local")
def local(g: Graph, layer: nn.Module, inputs: Sequence[Value]) -> Value:
    """A matrix a place: (L, N, k*k*C) times what it sees, (L, k*k*C, B)."""
    g.need_fixed("[local]")
    o, (c, _, _), (n, h, w) = layer.options, layer.plan.inputs[0], layer.plan.out
    seen = g.reshape(_patches(g, inputs[0], o.size, o.pad, o.stride, (h, w)), 0, o.size**2 * c, -1)
    kernels = layer.weights.detach().cpu().view(h * w, n, c, o.size, o.size)
    kernels = kernels.permute(0, 1, 3, 4, 2).reshape(h * w, n, -1)
    x = g.op("MatMul", g.constant(kernels.contiguous()), g.transpose(seen, 2, 1, 0))
    x = g.reshape(g.transpose(x, 2, 1, 0), 0, n, h, w)
    x = g.add(x, g.constant(layer.biases[None]))
    return activated(g, x, o.activation)


def _patches(
    g: Graph, x: Value, size: int, pad: int, stride: int, out_hw: tuple[int, int]
) -> Value:
    """(B, C, H, W) -> (B, k*k*C, H', W'): what each place of the kernel sees."""
    x = g.pad(x, (0, 0, pad, pad, 0, 0, pad, pad))
    steps, axes = g.whole(stride, stride), g.whole(2, 3)
    ends = [(side - 1) * stride + 1 for side in out_hw]
    parts = [
        g.op("Slice", x, g.whole(top, left), g.whole(top + ends[0], left + ends[1]), axes, steps)
        for top in range(size)
        for left in range(size)
    ]
    return g.concat(parts, 1)
