"""What the consumers of ONNX files want to be given, and how their answers are read.

A form writes the outputs of a graph, reads them back as boxes, and says what of darkpy's own
detections it can hold at all, so that a file is compared with no more than that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from darkpy.export.build import PICTURE, Built
from darkpy.export.emitters.base import Offered
from darkpy.export.emitters.grid import size_wh
from darkpy.export.graph import Graph, Value
from darkpy.heads.base import Candidates
from darkpy.inference.detector import NMS_THRESHOLD
from darkpy.inference.suppression import suppress
from darkpy.model.network import Network
from darkpy.registry import Registry

LEAST_SCORE = 0.005  # of what end2end keeps: what enters the mAP in the C program
MOST_BOXES = 300  # that end2end gives for a picture

Sides = tuple[int | str, ...]  # of an output; a name where any number may come
Outputs = dict[str, tuple[Value, Sides]]
Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Form:
    """One way to say what was found.

    about: for people. picture: the name of the input. opset: the usual one. decoded: whether boxes
    are computed in the file. suppressed: whether doubled detections are gone already. limit: what
    is left of darkpy's candidates in this form.
    """

    about: str
    write: Callable[[Built, Network], Outputs]
    read: Callable[[Arrays, Network, tuple[int, int]], Candidates]
    picture: str = PICTURE
    opset: int = 13
    decoded: bool = True
    suppressed: bool = False
    limit: Callable[[Candidates], Candidates] = lambda found: found


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
    wh = g.reshape(size_wh(g, PICTURE), 1, 2, 1)
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


def _read_ultralytics(found: Arrays, network: Network, hw: tuple[int, int]) -> Candidates:
    table = torch.from_numpy(found["output0"]).transpose(1, 2)
    return _certain(table[..., :4] / _whwh(hw), table[..., 4:])


def _write_boxes_confs(built: Built, network: Network) -> Outputs:
    g, count = built.graph, _count(built)
    boxes = g.transpose(_corners(g, _joined(built, "boxes")), 0, 2, 1)
    confs = g.transpose(_joined(built, "scores"), 0, 2, 1)
    side = batch_side(g)
    return {
        "boxes": (g.reshape(boxes, 0, -1, 1, 4), (side, count, 1, 4)),
        "confs": (confs, (side, count, network.plan.classes)),
    }


def _read_boxes_confs(found: Arrays, network: Network, hw: tuple[int, int]) -> Candidates:
    boxes = torch.from_numpy(found["boxes"])[:, :, 0]
    return _certain(_centred(boxes), torch.from_numpy(found["confs"]))


def _write_deepstream(built: Built, network: Network) -> Outputs:
    g = built.graph
    boxes = g.mul(_corners(g, _joined(built, "boxes")), _net_px(built, network))
    scores = _joined(built, "scores")
    label = g.cast(g.op("ArgMax", scores, axis=1, keepdims=1), np.float32)
    table = g.concat([boxes, g.reduce("ReduceMax", scores, 1), label], 1)
    return {"output": (g.transpose(table, 0, 2, 1), (batch_side(g), _count(built), 6))}


def _read_labelled(name: str) -> Callable[[Arrays, Network, tuple[int, int]], Candidates]:
    def read(found: Arrays, network: Network, hw: tuple[int, int]) -> Candidates:
        table = torch.from_numpy(found[name])
        labels = torch.nn.functional.one_hot(table[..., 5].long(), network.plan.classes)
        return _certain(_centred(table[..., :4] / _whwh(hw)), labels * table[..., 4:5])

    return read


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


def _read_rows(found: Arrays, network: Network, hw: tuple[int, int]) -> Candidates:
    tables = []
    for each, head in zip(found.values(), network.detecting.values(), strict=True):
        table = torch.from_numpy(each if each.ndim == 3 else each[None])
        cells = table.unflatten(1, (-1, _anchors(head)))
        tables.append(cells.transpose(1, 2).flatten(1, 2))
    table = torch.cat(tables, dim=1)
    return _certain(table[..., :4], table[..., 5:])


def _anchors(head: torch.nn.Module) -> int:
    """As `Offered` counts them."""
    if head.plan.kind == "detection":
        return 1
    return len(head.mask)


def _write_raw(built: Built, network: Network) -> Outputs:
    g = built.graph
    return {
        f"raw_{index}": (value, (batch_side(g), *_raw_sides(g, network, index)))
        for index, value in built.raw.items()
    }


def _raw_sides(g: Graph, network: Network, index: int) -> Sides:
    c, h, w = network.layers[index].plan.inputs[0]
    return (c, h, w) if g.fixed else (c, f"height_{index}", f"width_{index}")


def _read_raw(found: Arrays, network: Network, hw: tuple[int, int]) -> Candidates:
    parts = []
    for index, head in network.detecting.items():
        output = head(torch.from_numpy(found[f"raw_{index}"]))
        parts.append(head.decode(output, hw))
    fields = [[getattr(p, name) for p in parts] for name in ("boxes", "objectness", "probs")]
    return Candidates(*(torch.cat(each, dim=1) for each in fields))


def _write_end2end(built: Built, network: Network) -> Outputs:
    """Plain suppression by class, then the best of all classes."""
    g = built.graph
    boxes = g.mul(_corners(g, _joined(built, "boxes")), _net_px(built, network))
    boxes, scores = g.transpose(boxes, 0, 2, 1), _joined(built, "scores")
    limits = [g.whole(MOST_BOXES), g.constant([NMS_THRESHOLD]), g.constant([LEAST_SCORE])]
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


def _best_class(found: Candidates) -> Candidates:
    """Only each box's likeliest class."""
    scores = found.objectness[..., None] * found.probs
    best = scores.max(dim=2, keepdim=True)
    only = torch.zeros_like(scores).scatter_(2, best.indices, best.values)
    return _certain(found.boxes, only)


def _suppressed(found: Candidates) -> Candidates:
    """What plain suppression and the limit of boxes leave."""
    scores = found.objectness[..., None] * found.probs
    scores = torch.where(scores > LEAST_SCORE, scores, 0)
    kept = torch.stack(
        [
            suppress(boxes, own, threshold=NMS_THRESHOLD)
            for boxes, own in zip(found.boxes, scores, strict=True)
        ]
    )
    flat = kept.flatten(1)
    if flat.shape[1] > MOST_BOXES:
        least = flat.topk(MOST_BOXES, dim=1).values[:, -1:, None]
        kept = torch.where(kept >= least, kept, 0)
    return _certain(found.boxes, kept)


def _certain(boxes: Tensor, scores: Tensor) -> Candidates:
    """Candidates whose scores hold the objectness already."""
    return Candidates(boxes=boxes, objectness=torch.ones_like(scores[..., 0]), probs=scores)


def folded_scores(found: Candidates) -> Candidates:
    """The same with the objectness in the scores."""
    return _certain(found.boxes, found.objectness[..., None] * found.probs)


def _centred(xyxy: Tensor) -> Tensor:
    low, high = xyxy[..., :2], xyxy[..., 2:]
    return torch.cat(((low + high) / 2, high - low), dim=-1)


def _whwh(hw: tuple[int, int]) -> Tensor:
    h, w = hw
    return torch.tensor([w, h, w, h], dtype=torch.float32)


def _write_classes(built: Built, network: Network) -> Outputs:
    g = built.graph
    count = network.layers[-1].plan.out.size
    return {"output0": (g.reshape(built.last, 0, -1), (batch_side(g), count))}


def _read_classes(found: Arrays, network: Network, hw: tuple[int, int]) -> Candidates:
    return as_classes(torch.from_numpy(found["output0"]))


def as_classes(scores: Tensor) -> Candidates:
    """Numbers (B, K) of a classifier: the whole picture is the one box."""
    whole = scores.new_tensor([0.5, 0.5, 1, 1]).expand(len(scores), 1, 4)
    return _certain(whole, scores[:, None])


CLASSES = Form("output0 [B, K]: a number a class", _write_classes, _read_classes)

FORMS.add(
    "ultralytics",
    Form(
        "output0 [B, 4+K, N]: cx cy w h in px of the input, scores",
        _write_ultralytics,
        _read_ultralytics,
    ),
)
FORMS.add(
    "boxes_confs",
    Form(
        "boxes [B, N, 1, 4] x1 y1 x2 y2 in 0..1, confs [B, N, K]",
        _write_boxes_confs,
        _read_boxes_confs,
        picture="input",
    ),
)
FORMS.add(
    "deepstream",
    Form(
        "output [B, N, 6]: x1 y1 x2 y2 in px of the input, score, class; one class a box",
        _write_deepstream,
        _read_labelled("output"),
        picture="input",
        opset=17,
        limit=_best_class,
    ),
)
FORMS.add(
    "rows",
    Form(
        "OpenCV's rows, an output a head [N, 5+K]: cx cy w h in 0..1, objectness, scores",
        _write_rows,
        _read_rows,
    ),
)
FORMS.add(
    "raw",
    Form(
        "what goes into the heads, an output a head [B, A*(5+K), H, W]",
        _write_raw,
        _read_raw,
        decoded=False,
    ),
)
FORMS.add(
    "end2end",
    Form(
        "output0 [B, 300, 6]: x1 y1 x2 y2 in px of the input, score, class; doubled boxes gone",
        _write_end2end,
        _read_labelled("output0"),
        suppressed=True,
        limit=_suppressed,
    ),
)
