"""[yolo] and [Gaussian_yolo]: raw values to boxes and scores."""

from __future__ import annotations

import numpy as np
from torch import nn

from darkpy.export.emitters.base import DECODERS, Offered
from darkpy.export.emitters.grid import Grid, wh_of
from darkpy.export.graph import Graph, Value
from darkpy.heads.gaussian_yolo import POINT_OFFSETS


@DECODERS("yolo")
def yolo(g: Graph, head: nn.Module, raw: Value, picture: Value) -> Offered:
    o, anchors = head.options, len(head.mask)
    x = by_anchor(g, raw, anchors, 5 + o.classes)
    xy, wh, rest = g.slice(x, 2, 0, 2), g.slice(x, 2, 2, 4), g.slice(x, 2, 4, 5 + o.classes)
    if not o.new_coords:
        xy, rest = g.op("Sigmoid", xy), g.op("Sigmoid", rest)
    multiple = g.mul(g.mul(wh, wh), 4.0) if o.new_coords else g.op("Exp", wh)
    boxes = _boxes(g, head, Grid.of(g, raw, head.plan.out), xy, multiple, picture)
    objectness, classes = g.slice(rest, 2, 0, 1), g.slice(rest, 2, 1, 1 + o.classes)
    scores = g.mul(classes, objectness)
    return offered(g, head, anchors, boxes, objectness, scores)


@DECODERS("Gaussian_yolo")
def gaussian_yolo(g: Graph, head: nn.Module, raw: Value, picture: Value) -> Offered:
    """Each coordinate is followed by its deviation; the mean of these takes off the scores."""
    o, anchors = head.options, len(head.mask)
    x = by_anchor(g, raw, anchors, 9 + o.classes)
    left, top, width, height = (g.slice(x, 2, at, at + 1) for at in (0, 2, 4, 6))
    deviations = [g.op("Sigmoid", g.slice(x, 2, at, at + 1)) for at in (1, 3, 5, 7)]
    xy = g.op("Sigmoid", g.concat([left, top], 2))
    multiple = g.op("Exp", g.concat([width, height], 2))
    boxes = _boxes(g, head, Grid.of(g, raw, head.plan.out), xy, multiple, picture)
    offset = POINT_OFFSETS[o.yolo_point]
    if offset:
        sides = g.slice(boxes, 2, 2, 4)
        boxes = g.concat([g.sub(g.slice(boxes, 2, 0, 2), g.mul(sides, offset)), sides], 2)
    rest = g.op("Sigmoid", g.slice(x, 2, 8, 9 + o.classes))
    objectness, classes = g.slice(rest, 2, 0, 1), g.slice(rest, 2, 1, 1 + o.classes)
    unsure = g.reduce("ReduceMean", g.concat(deviations, 2), 2)
    sure = g.sub(g.constant(1.0), unsure)
    scores = g.mul(classes, g.mul(objectness, sure))
    return offered(g, head, anchors, boxes, objectness, scores)


def by_anchor(g: Graph, raw: Value, anchors: int, fields: int) -> Value:
    """(B, A*F, H, W) -> (B, A, F, H*W)."""
    return g.reshape(raw, 0, anchors, fields, -1)


def offered(
    g: Graph, head: nn.Module, anchors: int, boxes: Value, objectness: Value, scores: Value
) -> Offered:
    """From (B, A, F, N) each."""
    classes, (_, h, w) = head.options.classes, head.plan.out

    def flat(x: Value, fields: int) -> Value:
        x = x if anchors == 1 else g.transpose(x, 0, 2, 1, 3)
        return g.reshape(x, 0, fields, -1)

    parts = flat(boxes, 4), flat(objectness, 1), flat(scores, classes)
    return Offered(*parts, anchors=anchors, count=anchors * h * w)


def _boxes(
    g: Graph, head: nn.Module, grid: Grid, xy: Value, multiple: Value, picture: Value
) -> Value:
    """(B, A, 4, N) cxcywh, unit square: places in their cells and multiples of the anchors."""
    stretch, net = float(head.options.scale_x_y), head.plan.net
    anchors = head.anchors_px[head.mask].double().cpu().numpy()[None, :, :, None]
    xy = g.add(g.mul(xy, stretch), -0.5 * (stretch - 1))
    centre = g.div(g.add(xy, grid.corners), grid.wh)
    if g.fixed:
        own = g.constant(anchors / np.array([[[net.width], [net.height]]]))
    else:
        own = g.div(g.constant(anchors), wh_of(g, picture))
    return g.concat([centre, g.mul(multiple, own)], 2)
