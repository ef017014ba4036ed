"""[softmax], and softmax among the siblings of a tree of classes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import nn

from darkpy.export.emitters.base import EMITTERS
from darkpy.export.graph import Graph, Value
from darkpy.losses.tree import ClassTree

_NOTHING = -1e30


@EMITTERS("softmax", "soft")
def softmax(g: Graph, layer: nn.Module, inputs: Sequence[Value]) -> Value:
    o, (c, h, w) = layer.options, layer.plan.out
    (x,) = inputs
    if layer.tree is None and o.spatial:
        return softmax_along(g, x, 1, 4)
    x = x if o.temperature == 1 else g.div(x, float(o.temperature))
    if layer.tree is not None:
        return g.reshape(tree_softmax(g, g.reshape(x, 0, -1), layer.tree, 2), 0, c, h, w)
    x = g.op("Softmax", g.reshape(x, 0, o.groups, -1), axis=2)
    return g.reshape(x, 0, c, h, w)


def softmax_along(g: Graph, x: Value, axis: int, dims: int) -> Value:
    """Softmax along an axis; by way of the last, where all opsets mean the same."""
    order = [number for number in range(dims) if number != axis] + [axis]
    back = [order.index(number) for number in range(dims)]
    return g.transpose(g.op("Softmax", g.transpose(x, *order), axis=dims - 1), *back)


def tree_softmax(g: Graph, x: Value, tree: ClassTree, dims: int) -> Value:
    """(..., K) of `dims` dimensions -> the same, each group of siblings adds up to 1.

    The groups become rows of one length, filled up with what counts for nothing.
    """
    groups = tree.groups.cpu().numpy()
    sizes = np.bincount(groups, minlength=tree.group_count)
    longest = int(sizes.max())
    starts = np.cumsum(sizes) - sizes
    within = np.arange(longest)
    rows = np.where(within < sizes[:, None], starts[:, None] + within, tree.classes)
    before = [0] * dims
    padded = g.pad(x, (*before, *before[1:], 1), _NOTHING)
    table = g.op("Gather", padded, g.constant(rows.reshape(-1).astype(np.int64)), axis=dims - 1)
    keep = [0] * (dims - 1)
    table = g.op("Softmax", g.reshape(table, *keep, tree.group_count, longest), axis=dims)
    table = g.reshape(table, *keep, tree.group_count * longest)
    own = groups * longest + np.arange(tree.classes) - starts[groups]
    return g.op("Gather", table, g.constant(own.astype(np.int64)), axis=dims - 1)
