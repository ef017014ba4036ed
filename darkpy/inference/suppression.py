"""Non-maximum suppression as Darknet does it: class by class, the likelier box silences its like.

All classes and pictures are worked on at once. A candidate is one box of one picture for one
class; the candidates of a (picture, class) group are sorted by probability. The first _BLOCK of
every group settle the greedy rule among themselves, then silence what is left of their groups,
and so on. The result is exactly the greedy one, and only pairs of one group are ever compared, no
more than about _PAIRS of them at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from darkpy.boxes import DIOU_EXPONENT, diou, iou, xyxy_from_cxcywh
from darkpy.registry import Registry

_BLOCK = 64  # candidates of a group that settle among themselves in one go
_PAIRS = 1_000_000  # compared at once: some 100 MB with the intermediate results

_Overlap = Callable[[Tensor, Tensor], Tensor]

# nms_kind= in [yolo] -> the overlap of two boxes, given beta_nms=; diounms_sort(), src/box.c
NMS_KINDS: Registry[Callable[[float], _Overlap]] = Registry("nms_kind")
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
    rows, classes = probs.nonzero(as_tuple=True)
    groups = pictures[rows] * probs.shape[1] + classes
    by_prob = probs[rows, classes].argsort(descending=True, stable=True)
    order = by_prob[groups[by_prob].argsort(stable=True)]
    rows, classes = rows[order], classes[order]

    kept = _greedy(boxes[rows], groups[order], lambda a, b: overlap(a, b) > threshold)

    rows, classes = rows[kept], classes[kept]
    result = torch.zeros_like(probs)
    result[rows, classes] = probs[rows, classes]
    return result


def darknet_order(probs: Tensor, pictures: Tensor | None = None) -> Tensor:
    """The order (N,) in which Darknet's suppression leaves the rows of one picture.

    It sorts the rows once a class, so the last class rules and earlier ones break ties; `probs`
    (N, K) are those before suppression. `detector map` and `valid` depend on this order. With
    pictures (N,), the rows of one picture after those of another.
    """
    values = probs.cpu().numpy()
    group = np.zeros(len(values), int) if pictures is None else pictures.cpu().numpy()
    if not values.size:
        return torch.from_numpy(group.argsort(kind="stable")).to(probs.device)
    # The last class that a row has rules, for the rows without it come behind.
    last = values.shape[1] - 1 - (values[:, ::-1] > 0).argmax(axis=1)
    ruling = values[np.arange(len(values)), last]
    last = np.where(ruling > 0, last, -1)
    order = np.lexsort((-ruling, -last, group))
    keys = np.stack((group[order], last[order], ruling[order].view(np.int32)), axis=1)
    equal = (keys[1:] == keys[:-1]).all(axis=1) & (last[order][1:] >= 0)
    if equal.any():
        order = np.lexsort((*-values.T, group))
    return torch.from_numpy(order).to(probs.device)


def _greedy(boxes: Tensor, groups: Tensor, alike: _Overlap) -> Tensor:
    """Which candidates stay, (E,) bool; boxes (E, 4) sorted by group, then by probability."""
    kept = torch.zeros(len(boxes), dtype=torch.bool, device=boxes.device)
    waiting = torch.arange(len(boxes), device=boxes.device)
    while len(waiting):
        rank = _rank_in_group(groups[waiting])
        block, rest = waiting[rank < _BLOCK], waiting[rank >= _BLOCK]
        block = block[_settled(boxes[block], rank[rank < _BLOCK], alike)]
        kept[block] = True
        first = torch.searchsorted(groups[block], groups[rest])
        count = torch.searchsorted(groups[block], groups[rest], right=True) - first
        silenced = torch.zeros(len(rest), dtype=torch.bool, device=boxes.device)
        for later, _ in _alike_pairs(boxes[rest], boxes[block], first, count, alike):
            silenced[later] = True
        waiting = rest[~silenced]
    return kept


def _rank_in_group(groups: Tensor) -> Tensor:
    """0, 1, 2, ... within every run of equal numbers, (E,)."""
    _, counts = groups.unique_consecutive(return_counts=True)
    first = (counts.cumsum(0) - counts).repeat_interleave(counts)
    return torch.arange(len(groups), device=groups.device) - first


def _settled(boxes: Tensor, rank: Tensor, alike: _Overlap) -> Tensor:
    """The greedy rule among candidates with `rank` likelier ones before them, (E,) bool.

    A candidate stays if none that stays is before it and like it. Applying that to everybody at
    once settles at least one more rank each time, whatever the start, so it ends.
    """
    first = torch.arange(len(boxes), device=boxes.device) - rank
    pairs = list(_alike_pairs(boxes, boxes, first, rank, alike))
    later = torch.cat([pair[0] for pair in pairs])
    earlier = torch.cat([pair[1] for pair in pairs])
    stays = torch.ones(len(boxes), dtype=torch.bool, device=boxes.device)
    while True:
        now = torch.ones_like(stays)
        now[later[stays[earlier]]] = False
        if now.equal(stays):
            return stays
        stays = now


def _alike_pairs(
    later: Tensor, earlier: Tensor, first: Tensor, count: Tensor, alike: _Overlap
) -> Iterator[tuple[Tensor, Tensor]]:
    """Index pairs (into later, into earlier) of boxes that are alike, in portions.

    Each box of `later` (N, 4) is compared with `count` (N,) boxes of `earlier` from `first` (N,).
    """
    later_xyxy, earlier_xyxy = (
        xyxy_from_cxcywh(boxes).T.contiguous() for boxes in (later, earlier)
    )
    ends = count.cumsum(0)
    marks = torch.tensor([*range(_PAIRS, int(count.sum()), _PAIRS)], dtype=ends.dtype)
    cuts = [0, *torch.searchsorted(ends, marks.to(ends.device)).tolist(), len(later)]
    for start, stop in pairwise(cuts):
        number = count[start:stop]
        one = torch.arange(start, stop, device=count.device).repeat_interleave(number)
        offset = first[start:stop] - (number.cumsum(0) - number)
        other = offset.repeat_interleave(number) + torch.arange(len(one), device=count.device)
        one, other = _meeting(later_xyxy, earlier_xyxy, one, other)
        found = alike(later[one], earlier[other])
        yield one[found], other[found]


def _meeting(later: Tensor, earlier: Tensor, one: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
    """The index pairs of boxes (4, N) xyxy that touch at all: a tenth of the overlaps' work."""
    for low, high in ((0, 2), (1, 3)):
        meets = later[low][one] < earlier[high][other]
        meets &= earlier[low][other] < later[high][one]
        one, other = one[meets], other[meets]
    return one, other
