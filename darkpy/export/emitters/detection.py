"""[detection], YOLOv1's head: classes of all cells, then objectness, then boxes."""

from __future__ import annotations

import numpy as np
from torch import nn

from darkpy.export.emitters.base import DECODERS, Offered
from darkpy.export.graph import Graph, Value


@DECODERS("detection")
def detection(g: Graph, head: nn.Module, raw: Value, picture: Value) -> Offered:
    o = head.options
    cells, n = o.side**2, o.num
    flat = g.reshape(raw, 0, -1)
    ends = (cells * o.classes, cells * (o.classes + n), cells * (o.classes + 5 * n))
    classes = g.reshape(g.slice(flat, 1, 0, ends[0]), 0, cells, 1, o.classes)
    if o.softmax:
        classes = g.op("Softmax", classes, axis=3)
    objectness = g.reshape(g.slice(flat, 1, ends[0], ends[1]), 0, cells, n, 1)
    boxes = _placed(g, g.reshape(g.slice(flat, 1, ends[1], ends[2]), 0, cells, n, 4), o)
    scores = g.mul(classes, objectness)

    def columns(x: Value, fields: int) -> Value:
        return g.transpose(g.reshape(x, 0, cells * n, fields), 0, 2, 1)

    parts = columns(boxes, 4), columns(objectness, 1), columns(scores, o.classes)
    return Offered(*parts, anchors=1, count=cells * n)


def _placed(g: Graph, boxes: Value, o: object) -> Value:
    """(B, L, N, 4) with the centre in its cell -> unit square of the picture."""
    row, column = np.mgrid[: o.side, : o.side]
    corner = np.stack((column.ravel(), row.ravel()), axis=1)[None, :, None]
    centre = g.div(g.add(g.slice(boxes, 3, 0, 2), g.constant(corner * 1.0)), float(o.side))
    size = g.slice(boxes, 3, 2, 4)
    size = g.mul(size, size) if o.sqrt else size
    return g.concat([centre, size], 3)
