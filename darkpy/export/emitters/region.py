"""[region]: raw values to boxes and scores."""

from __future__ import annotations

import numpy as np
from torch import nn

from darkpy.export.emitters.anchored import by_anchor, offered
from darkpy.export.emitters.base import DECODERS, Offered
from darkpy.export.emitters.grid import Grid
from darkpy.export.emitters.softmax import softmax_along, tree_softmax
from darkpy.export.graph import Graph, Value
from darkpy.heads.region import SURE, WEAK
from darkpy.losses.tree import ClassTree


@DECODERS("region")
def region(g: Graph, head: nn.Module, raw: Value, picture: Value) -> Offered:
    o, anchors = head.options, head.options.num
    x = by_anchor(g, raw, anchors, 5 + o.classes)
    boxes = _boxes(g, head, x, Grid.of(g, raw, head.plan.out))
    objectness = g.op("Sigmoid", g.slice(x, 2, 4, 5))
    if o.classfix == -1:  # what is below counts as nothing
        below = float(np.nextafter(np.float32(WEAK), np.float32(0)))
        objectness = g.op("ThresholdedRelu", objectness, alpha=below)
    classes = g.slice(x, 2, 5, 5 + o.classes)
    if head.tree is not None:
        answers = _answers(g, head.tree, classes)
        # Both have to be above the threshold; a product would rank them otherwise.
        scores = g.op("Min", answers, objectness)
    else:
        classes = softmax_along(g, classes, 2, 4) if o.softmax else classes
        scores = g.mul(classes, objectness)
    return offered(g, head, anchors, boxes, objectness, scores)


def _boxes(g: Graph, head: nn.Module, x: Value, grid: Grid) -> Value:
    """(B, A, 4, N): anchors count cells."""
    xy, multiple = g.op("Sigmoid", g.slice(x, 2, 0, 2)), g.op("Exp", g.slice(x, 2, 2, 4))
    own = head.anchors_cells.double().cpu().numpy()[None, :, :, None]
    centre = g.div(g.add(xy, grid.corners), grid.wh)
    return g.concat([centre, g.div(g.mul(multiple, g.constant(own)), grid.wh)], 2)


def _answers(g: Graph, tree: ClassTree, classes: Value) -> Value:
    """(B, A, K, N): the one class that a tree answers with, by its own probability."""
    last = g.transpose(classes, 0, 1, 3, 2)  # (B, A, N, K)
    conditional = tree_softmax(g, last, tree, 4)
    padded = g.pad(conditional, (0, 0, 0, 0, 0, 0, 0, 1), 1.0)
    absolute = conditional
    for parents in tree.ways.cpu().numpy().T[1:]:
        absolute = g.mul(absolute, g.op("Gather", padded, g.constant(parents), axis=3))
    # Whether it is above, as 0 or 1; the number of the last that is; whether it is that one.
    above = g.op("Ceil", g.clip(g.add(absolute, -SURE), 0, 1))
    numbers = g.mul(above, g.constant(np.arange(1.0, tree.classes + 1)))
    apart = g.op("Abs", g.sub(numbers, g.reduce("ReduceMax", numbers, 3)))
    same = g.sub(g.constant(1.0), g.clip(apart, 0, 1))
    return g.transpose(g.mul(g.mul(absolute, above), same), 0, 1, 3, 2)
