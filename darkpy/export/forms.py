"""What the consumers of ONNX files want to be given, and how their answers are read.

A form writes the outputs of a graph, reads them back as boxes, and says what of darkpy's own
detections it can hold at all, so that a file is compared with no more than that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from darkpy.export import reading
from darkpy.export.build import PICTURE, Built
from darkpy.export.emitters.base import Offered
from darkpy.export.emitters.grid import wh_of
from darkpy.export.graph import Graph, Value
from darkpy.export.reading import LEAST_SCORE, MOST_BOXES, Read, overlap_of
from darkpy.heads.base import Candidates
from darkpy.model.network import Network
from darkpy.registry import Registry

Sides = tuple[int | str, ...]  # of an output; a name where any number may come
Outputs = dict[str, tuple[Value, Sides]]


@dataclass(frozen=True)
class Form:
    """One way to say what was found.

    about: for people. picture: the name of the input. opset: the usual one. decoded: whether boxes
    are computed in the file. suppressed: whether doubled detections are gone already. limit: what
    is left of darkpy's candidates in this form.
    """

    about: str
    write: Callable[[Built, Network], Outputs]
    read: Read
    picture: str = PICTURE
    opset: int = 13
    decoded: bool = True
    suppressed: bool = False
    limit: Callable[[Candidates, Network], Candidates] = lambda found, _network: found


FORMS: Registry[Form] = Registry("form")


def batch_side(g: Graph) -> int | str:
    return "batch" if g.batch is None else g.batch


def _joined(built: Built, field: str) -> Value:
    """(B, F, M) of all heads."""
    return built.graph.concat([getattr(each, field) for each in built.offered.values()], 2)


def _count(built: Built, *heads: Offered) -> int | str:
    """M, the boxes of some heads; of all if none is named."""
    return (
        sum(each.count for each in heads or built.offered.values())
        if built.graph.fixed
        else "boxes"
    )


def _net_px(built: Built, network: Network) -> Value:
    """(1, 4, 1): width, height, width, height of the network's input."""
    g = built.graph
    if g.fixed:
        _, h, w = network.plan.input
        return g.constant(np.array([w, h, w, h], dtype=np.float32).reshape(1, 4, 1))
    wh = g.reshape(wh_of(g, PICTURE), 1, 2, 1)
    return g.concat([wh, wh], 1)


def _corners(g: Graph, boxes: Value) -> Value:
    """(B, 4, M) cxcywh -> xyxy."""
    centre, half = g.slice(boxes, 1, 0, 2), g.mul(g.slice(boxes, 1, 2, 4), 0.5)
    return g.concat([g.sub(centre, half), g.add(centre, half)], 1)


def _write_ultralytics(built: Built, network: Network) -> Outputs:
    g = built.graph
    boxes = g.mul(_joined(built, "boxes"), _net_px(built, network))
    output = g.concat([boxes, _joined(built, "scores")], 1)
    sides = (batch_side(g), 4 + network.plan.classes, _count(built))
    return {"output0": (output, sides)}


def _write_boxes_confs(built: Built, network: Network) -> Outputs:
    g, count = built.graph, _count(built)
    boxes = g.transpose(_corners(g, _joined(built, "boxes")), 0, 2, 1)
    confs = g.transpose(_joined(built, "scores"), 0, 2, 1)
    side = batch_side(g)
    return {
        "boxes": (g.reshape(boxes, 0, -1, 1, 4), (side, count, 1, 4)),
        "confs": (confs, (side, count, network.plan.classes)),
    }


def _write_deepstream(built: Built, network: Network) -> Outputs:
    g = built.graph
    boxes = g.mul(_corners(g, _joined(built, "boxes")), _net_px(built, network))
    scores = _joined(built, "scores")
    label = g.cast(g.op("ArgMax", scores, axis=1, keepdims=1), np.float32)
    table = g.concat([boxes, g.reduce("ReduceMax", scores, 1), label], 1)
    return {"output": (g.transpose(table, 0, 2, 1), (batch_side(g), _count(built), 6))}


def _write_rows(built: Built, network: Network) -> Outputs:
    """Cell by cell, the anchors of a cell one after the other, as OpenCV has them."""
    g, outputs = built.graph, {}
    fields = 5 + network.plan.classes
    for index, each in built.offered.items():
        table = g.concat([each.boxes, each.objectness, each.scores], 1)
        by_cell = g.transpose(g.reshape(table, 0, fields, each.anchors, -1), 0, 3, 2, 1)
        alone = g.batch == 1
        count = _count(built, each)
        sides = (count, fields) if alone else (batch_side(g), count, fields)
        name = f"{network.layers[index].plan.kind.lower()}_{index}"
        shape = (-1, fields) if alone else (0, -1, fields)
        outputs[name] = (g.reshape(by_cell, *shape), sides)
    return outputs


def _write_raw(built: Built, network: Network) -> Outputs:
    g = built.graph
    return {
        f"raw_{index}": (value, (batch_side(g), *_raw_sides(g, network, index)))
        for index, value in built.raw.items()
    }


def _raw_sides(g: Graph, network: Network, index: int) -> Sides:
    c, h, w = network.layers[index].plan.inputs[0]
    return (c, h, w) if g.fixed else (c, f"height_{index}", f"width_{index}")


def _write_end2end(built: Built, network: Network) -> Outputs:
    """Plain suppression by class, then the best of all classes."""
    g = built.graph
    boxes = g.mul(_corners(g, _joined(built, "boxes")), _net_px(built, network))
    boxes, scores = g.transpose(boxes, 0, 2, 1), _joined(built, "scores")
    limits = [g.whole(MOST_BOXES), g.constant([overlap_of(network)]), g.constant([LEAST_SCORE])]
    kept = g.op("NonMaxSuppression", boxes, scores, *limits)  # (E, 3): picture, class, box
    nothing = g.op("Expand", g.constant(0.0), g.op("Shape", scores))
    scores = g.op("ScatterND", nothing, kept, g.op("GatherND", scores, kept))
    count = _count(built)
    most = MOST_BOXES if isinstance(count, str) else min(MOST_BOXES, count * network.plan.classes)
    best, place = g.top(g.reshape(scores, 0, -1), most)
    many = g.shape_part(boxes, 1, 2)
    label = g.op("Div", place, many)
    number = g.op("Sub", place, g.op("Mul", label, many))
    number = g.op("Tile", g.reshape(number, 0, -1, 1), g.whole(1, 1, 4))
    found = g.op("GatherElements", boxes, number, axis=1)
    columns = [g.reshape(best, 0, -1, 1), g.reshape(g.cast(label, np.float32), 0, -1, 1)]
    return {"output0": (g.concat([found, *columns], 2), (batch_side(g), most, 6))}


def _write_classes(built: Built, network: Network) -> Outputs:
    g = built.graph
    count = network.layers[-1].plan.out.size
    return {"output0": (g.reshape(built.last, 0, -1), (batch_side(g), count))}


CLASSES = Form("output0 [B, K]: a number a class", _write_classes, reading.classes)

FORMS.add(
    "ultralytics",
    Form(
        "output0 [B, 4+K, N]: cx cy w h in px of the input, scores",
        _write_ultralytics,
        reading.ultralytics,
    ),
)
FORMS.add(
    "boxes_confs",
    Form(
        "boxes [B, N, 1, 4] x1 y1 x2 y2 in 0..1, confs [B, N, K]",
        _write_boxes_confs,
        reading.boxes_confs,
        picture="input",
    ),
)
FORMS.add(
    "deepstream",
    Form(
        "output [B, N, 6]: x1 y1 x2 y2 in px of the input, score, class; one class a box",
        _write_deepstream,
        reading.labelled("output"),
        picture="input",
        opset=17,
        limit=reading.best_class,
    ),
)
FORMS.add(
    "rows",
    Form(
        "OpenCV's rows, an output a head [N, 5+K]: cx cy w h in 0..1, objectness, scores",
        _write_rows,
        reading.opencv_rows,
    ),
)
FORMS.add(
    "raw",
    Form(
        "what goes into the heads, an output a head [B, A*(5+K), H, W]",
        _write_raw,
        reading.raw,
        decoded=False,
    ),
)
FORMS.add(
    "end2end",
    Form(
        "output0 [B, 300, 6]: x1 y1 x2 y2 in px of the input, score, class; doubled boxes gone",
        _write_end2end,
        reading.labelled("output0"),
        suppressed=True,
        limit=reading.suppressed,
    ),
)
