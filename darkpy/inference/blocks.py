"""Suppression on a GPU: all classes and pictures at once.

The candidates of a (picture, class) group are sorted by probability. The first _BLOCK of every
group settle the greedy rule among themselves, then silence what is left of their groups, and so
on. Only pairs of one group are ever compared, no more than about _PAIRS of them at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import torch
from torch import Tensor

from darkpy.boxes import xyxy_from_cxcywh
from darkpy.inference.walk import Overlap

_BLOCK = 64  # candidates of a group that settle among themselves in one go
_PAIRS = 2**24  # compared at once: some 1.5 GB with the intermediate results


def suppressed_in_blocks(
    boxes: Tensor, probs: Tensor, pictures: Tensor, overlap: Overlap, threshold: float
) -> Tensor:
    """Probabilities (N, K) with those of suppressed boxes set to 0; boxes (N, 4), pictures (N,)."""
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


def _greedy(boxes: Tensor, groups: Tensor, alike: Overlap) -> Tensor:
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


def _settled(boxes: Tensor, rank: Tensor, alike: Overlap) -> Tensor:
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
    later: Tensor, earlier: Tensor, first: Tensor, count: Tensor, alike: Overlap
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
