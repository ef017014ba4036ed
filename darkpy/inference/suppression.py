"""Non-maximum suppression as Darknet does it: class by class, the likelier box silences its like.

A candidate is one box of one picture for one class. A processor walks through each class's
candidates in turn (`walk`), a GPU works on all classes and pictures at once (`blocks`); both give
exactly the greedy result.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from darkpy.boxes import DIOU_EXPONENT, diou, iou
from darkpy.heads.base import Suppression
from darkpy.inference.blocks import suppressed_in_blocks
from darkpy.inference.limits import limited
from darkpy.inference.walk import Overlap, suppressed_in_turn
from darkpy.registry import Registry

# nms_kind= in [yolo] -> the overlap of two boxes, given beta_nms=; diounms_sort(), src/box.c
NMS_KINDS: Registry[Callable[[float], Overlap]] = Registry("nms_kind")
NMS_KINDS.add("default", lambda _beta: iou)
NMS_KINDS.add("cornersnms", lambda _beta: iou)
NMS_KINDS.add("greedynms", lambda _beta: diou)
NMS_KINDS.add("diounms", lambda beta: partial(diou, exponent=beta))


def suppress(
    boxes: Tensor,
    probs: Tensor,
    *,
    threshold: float,
    kind: str = "default",
    beta: float = DIOU_EXPONENT,
) -> Tensor:
    """Probabilities (N, K) of one picture with those of suppressed boxes set to 0.

    boxes (N, 4) cxcywh, in any unit; a 0 in `probs` is no candidate; `threshold` is at least 0.
    Of equal probabilities the earlier row wins. do_nms_sort(), diounms_sort(), Darknet's src/box.c.
    """
    picture = torch.zeros(len(boxes), dtype=torch.long, device=boxes.device)
    return suppress_batch(boxes, probs, picture, threshold=threshold, kind=kind, beta=beta)


def suppress_batch(
    boxes: Tensor,
    probs: Tensor,
    pictures: Tensor,
    *,
    threshold: float,
    kind: str = "default",
    beta: float = DIOU_EXPONENT,
) -> Tensor:
    """As `suppress`, for the boxes of several pictures; pictures (N,) int64 tells them apart."""
    overlap = NMS_KINDS[kind](beta)
    way = suppressed_in_turn if boxes.device.type == "cpu" else suppressed_in_blocks
    return way(boxes, probs, pictures, overlap, threshold)


def thinned(
    boxes: Tensor, probs: Tensor, pictures: Tensor, rule: Suppression, threshold: float
) -> Tensor:
    """As `suppress_batch`, by the rule of a head, with its limits before and after."""
    picture = pictures[:, None]
    if rule.compared:
        classes = torch.arange(probs.shape[1], device=probs.device)
        group = picture * len(classes) + classes if rule.by_class else picture
        probs = limited(probs, group, rule.compared)
    # Boxes without a candidate left need not be compared.
    some = (probs > 0).any(dim=1).nonzero()[:, 0] if rule.compared else slice(None)
    of_some = boxes[some], probs[some], pictures[some]
    left = torch.zeros_like(probs)
    left[some] = suppress_batch(*of_some, threshold=threshold, kind=rule.kind, beta=rule.beta)
    return limited(left, picture, rule.kept) if rule.kept else left


def darknet_order(probs: Tensor, pictures: Tensor | None = None) -> Tensor:
    """The order (N,) in which Darknet's suppression leaves the rows of one picture.

    It sorts the rows once a class, so the last class rules and earlier ones break ties; `probs`
    (N, K) are those before suppression. `detector map` and `valid` depend on this order. With
    pictures (N,), the rows of one picture after those of another.
    """
    rows, classes = probs.shape
    if pictures is None:
        pictures = torch.zeros(rows, dtype=torch.long, device=probs.device)
    if not classes:
        return pictures.argsort(stable=True)
    # The last class that a row has rules, for the rows without it come behind.
    places = torch.arange(1, classes + 1, device=probs.device, dtype=torch.int16)
    last = ((probs > 0) * places).amax(dim=1).long()
    ruling = probs.gather(1, (last - 1).clamp(min=0)[:, None])[:, 0]
    order = ruling.argsort(descending=True, stable=True)
    group = pictures * (classes + 1) + classes - last
    order = order[group[order].argsort(stable=True)]
    return _ties_broken(order, probs, group, ruling)


def _ties_broken(order: Tensor, probs: Tensor, group: Tensor, ruling: Tensor) -> Tensor:
    """Rows of one group and ruling probability, which lie together, sorted by the other classes."""
    equal = (group[order].diff() == 0) & (ruling[order].diff() == 0)
    no = equal.new_zeros(1)
    with_next, with_last = torch.cat((equal, no)), torch.cat((no, equal))
    tied = ((with_next | with_last) & (probs[order] > 0).any(dim=1)).nonzero()[:, 0]
    if not len(tied):
        return order
    run = (~with_last[tied]).cumsum(0)
    rows = order[tied]
    by = torch.arange(len(rows), device=rows.device)
    for values in probs[rows].T:
        by = by[values[by].argsort(descending=True, stable=True)]
    by = by[run[by].argsort(stable=True)]
    order = order.clone()
    order[tied] = rows[by]
    return order
