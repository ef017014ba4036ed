"""[convolutional] as one Conv: batch norm is part of its weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from darkpy.export.emitters.activation import activated
from darkpy.export.emitters.base import EMITTERS
from darkpy.export.graph import Graph, Value
from darkpy.layers.antialiasing import LowPass
from darkpy.layers.batchnorm import BatchNorm
from darkpy.layers.binarization import binary_weights
from darkpy.layers.convolutional import with_coordinates

Folded = tuple[np.ndarray, np.ndarray]


@torch.no_grad()
def with_norm(weight: torch.Tensor, bias: torch.Tensor | None, norm: BatchNorm | None) -> Folded:
    """Weights (N, ...) and biases (N,) with the batch norm in them, computed in float64."""
    weight = weight.double().cpu()
    if norm is None:
        return weight.numpy(), bias.double().cpu().numpy()
    scale = norm.weight.double() / (norm.running_var.double() + norm.eps).sqrt()
    shift = norm.bias.double() - norm.running_mean.double() * scale
    along = scale.cpu().view(-1, *[1] * (weight.dim() - 1))
    return (weight * along).numpy(), shift.cpu().numpy()


@EMITTERS("convolutional", "conv")
def convolutional(g: Graph, layer: nn.Module, inputs: Sequence[Value]) -> Value:
    o = layer.options
    owner = layer if o.share_index is None else layer._owner[0]
    weights = owner.conv.weight
    if o.binary or o.xnor:
        weights = binary_weights(weights)
    weights, biases = with_norm(weights, owner.conv.bias, owner.norm)
    margins = _margins(g, layer)
    x, margins = _signed(g, inputs[0], margins) if o.xnor else (inputs[0], margins)
    x = g.op(
        "Conv",
        x,
        g.constant(weights),
        g.constant(biases),
        kernel_shape=[o.size, o.size],
        strides=list(o.kernel_steps),
        **margins,
        dilations=[o.reach, o.reach],
        group=o.kernel_groups,
    )
    x = activated(g, x, o.activation)
    if layer.blur is not None:
        channels = layer.plan.out.c
        x = low_pass(g, x, layer.blur, channels)
    return _with_coordinates(g, layer, x) if o.coordconv else x


def _margins(g: Graph, layer: nn.Module) -> dict[str, object]:
    """As numbers wherever they are known: OpenCV takes SAME_UPPER for another margin."""
    o = layer.options
    if not o.uneven:
        return {"pads": [o.margin * o.reach] * 4}
    if not g.fixed:
        return {"auto_pad": "SAME_UPPER"}
    left, right, above, below = o.margins_tf(*layer.plan.inputs[0][1:])
    return {"pads": [above, left, below, right]}


def low_pass(g: Graph, x: Value, blur: LowPass, channels: int) -> Value:
    """antialiasing=: the blur that takes the stride, each channel on its own."""
    kernel = blur.kernel.expand(channels, 1, -1, -1)
    side = kernel.shape[-1]
    return g.op(
        "Conv",
        x,
        g.constant(kernel),
        kernel_shape=[side, side],
        strides=list(blur.steps),
        pads=[blur.margin] * 4,
        group=channels,
    )


def _signed(g: Graph, x: Value, margins: dict[str, object]) -> tuple[Value, dict[str, object]]:
    """1 or -1, -1 for zero and in the margin, and the margin that is left to add."""
    x = g.op("Sign", g.sub(g.op("Sign", x), 0.5))
    if "pads" not in margins:
        return x, margins
    above, left, below, right = margins["pads"]
    return g.pad(x, (0, 0, above, left, 0, 0, below, right), -1.0), {"pads": [0] * 4}


def _with_coordinates(g: Graph, layer: nn.Module, x: Value) -> Value:
    g.need_fixed("coordconv=1")
    c, h, w = layer.plan.out
    known = with_coordinates(torch.zeros(1, c, h, w))[:, :3]
    # Through the values that they replace, so that they have its batch.
    replaced = g.add(g.mul(g.slice(x, 1, 0, 3), 0.0), g.constant(known))
    return g.concat([replaced, g.slice(x, 1, 3, c)], 1)
