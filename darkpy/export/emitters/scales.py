"""Heads of several scales: the boxes of one map from its anchors, which are constants."""

from __future__ import annotations

from torch import nn

from darkpy.export.emitters.base import DECODERS, Offered
from darkpy.export.graph import Graph, Value
from darkpy.heads.scales import ScaleHead
from darkpy.losses.offsets import LARGEST_GROWTH


@DECODERS("ssd")
def ssd(g: Graph, head: nn.Module, raw: Value, _picture: Value) -> Offered:
    o = head.options
    offsets, scores = split_map(g, head, raw)
    if o.score == "sigmoid":
        probs = g.transpose(g.op("Sigmoid", scores), 0, 2, 1)
    else:
        probs = g.transpose(g.op("Softmax", scores, axis=2), 0, 2, 1)
        probs = g.slice(probs, 1, 1, 1 + o.classes)
    best = g.reduce("ReduceMax", probs, 1)
    if o.decode == "argmax":  # 1 where it is the best one, else 0, without a BOOL
        apart = g.clip(g.op("Ceil", g.sub(best, probs)), 0, 1)
        probs = g.mul(probs, g.sub(g.constant(1.0), apart))
    return _offered(g, head, offsets, best, probs)


@DECODERS("retina")
def retina(g: Graph, head: nn.Module, raw: Value, _picture: Value) -> Offered:
    """All candidates: pre_nms= is a limit of what is compared later."""
    offsets, scores = split_map(g, head, raw)
    probs = g.transpose(g.op("Sigmoid", scores), 0, 2, 1)
    return _offered(g, head, offsets, g.reduce("ReduceMax", probs, 1), probs)


def _offered(g: Graph, head: ScaleHead, offsets: Value, best: Value, probs: Value) -> Offered:
    _, h, w = head.plan.inputs[0]
    boxes = boxes_of_map(g, head, offsets)
    return Offered(boxes, best, probs, anchors=1, count=head.options.num * h * w)


def split_map(g: Graph, head: ScaleHead, raw: Value) -> tuple[Value, Value]:
    """(B, A*F, H, W) -> offsets (B, N, 4) and scores (B, N, S), as `ScaleHead.read` orders them."""
    o, (c, _, _) = head.options, head.plan.inputs[0]
    each = c // o.num - 4

    def rows(x: Value, fields: int) -> Value:
        x = g.transpose(g.reshape(x, 0, o.num, fields, -1), 0, 3, 1, 2)
        return g.reshape(x, 0, -1, fields)

    if o.layout == "split":
        scores = rows(g.slice(raw, 1, 0, o.num * each), each)
        return rows(g.slice(raw, 1, o.num * each, c), 4), scores
    both = rows(raw, 4 + each)
    return g.slice(both, 2, 0, 4), g.slice(both, 2, 4, 4 + each)


def boxes_of_map(g: Graph, head: ScaleHead, offsets: Value) -> Value:
    """Boxes (B, 4, N) cxcywh in the unit square."""
    g.need_fixed(f"[{head.plan.kind}]")
    o, net, (_, h, w) = head.options, head.plan.net, head.plan.inputs[0]
    anchors = head.anchors((h, w), (net.height, net.width)).double().cpu().numpy().T[None]
    x = g.transpose(offsets, 0, 2, 1)
    if o.order == "yxhw":
        x = g.op("Gather", x, g.whole(1, 0, 3, 2), axis=1)
    x = g.mul(x, g.constant(head.variance.double().cpu().numpy()[None, :, None]))
    places, sides = g.constant(anchors[:, :2]), g.constant(anchors[:, 2:])
    centre = g.add(g.mul(g.slice(x, 1, 0, 2), sides), places)
    size = g.mul(g.op("Exp", g.clip(g.slice(x, 1, 2, 4), None, LARGEST_GROWTH)), sides)
    if not o.clip_boxes:
        return g.concat([centre, size], 1)
    half = g.mul(size, 0.5)
    low, high = (g.clip(edge, 0, 1) for edge in (g.sub(centre, half), g.add(centre, half)))
    return g.concat([g.mul(g.add(low, high), 0.5), g.sub(high, low)], 1)
