"""Which anchors answer for which truths, by the overlaps of all of them.

A table (B, M, N) has the overlap of each of M truths with each of N anchors, picture by picture;
what is no truth has `NOTHING` in its row. Nothing here asks the device how many there are.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from darkpy.boxes import iou

NOTHING = -1.0  # overlap of a row that is no truth
_SOME = 1e-12  # the least overlap that is one
# Overlaps that differ by less are the same: rounding must not tell apart what is alike.
_TIE = 1e-6
_NUMBERS = 2**31  # anchors of a picture at the most


@dataclass(frozen=True)
class AnchorMatches:
    """What each of N anchors of B pictures is asked.

    positive (B, N) bool: it answers for truth (B, N) int64 of its picture, which elsewhere is any.
    negative (B, N) bool: it is to say that there is nothing; what is neither is asked nothing.
    overlap (B, N): the best one with any truth, NOTHING without any.
    """

    positive: Tensor
    negative: Tensor
    truth: Tensor
    overlap: Tensor

    def sparing(self, spared: Tensor) -> AnchorMatches:
        """As it is, but negatives that `spared` (B, N) holds are asked nothing."""
        return AnchorMatches(self.positive, self.negative & ~spared, self.truth, self.overlap)

    @classmethod
    def joined(cls, parts: list[AnchorMatches]) -> AnchorMatches:
        """Those of several parts of a mini-batch as one."""
        if len(parts) == 1:
            return parts[0]
        names = ("positive", "negative", "truth", "overlap")
        return cls(*(torch.cat([getattr(part, name) for part in parts]) for name in names))


def overlap_table(anchors: Tensor, boxes: Tensor, valid: Tensor) -> Tensor:
    """IoU of boxes (B, M, 4) with anchors (N, 4), cxcywh both -> (B, max(1, M), N).

    valid (B, M): which of the boxes are truths.
    """
    if not boxes.shape[1]:
        return anchors.new_full((len(boxes), 1, len(anchors)), NOTHING)
    return iou(boxes[:, :, None], anchors).masked_fill(~valid[:, :, None], NOTHING)


def bipartite(table: Tensor, thresh: float) -> AnchorMatches:
    """SSD's way. Greatest overlaps first, each truth gets one anchor and each anchor one truth;
    then each anchor with the greatest overlap of some truth, however many are alike, and each with
    an overlap of `thresh` or more answers for the truth that it overlaps most.
    """
    overlap, truth = table.max(dim=1)
    most = table.amax(dim=2, keepdim=True)
    alike = ((table >= most - _TIE) & (table > _SOME)).any(dim=1)
    first = _one_each(table)
    positive = (first >= 0) | alike | (overlap >= thresh)
    return AnchorMatches(positive, ~positive, torch.where(first >= 0, first, truth), overlap)


def best_anchors(table: Tensor, thresh: float) -> AnchorMatches:
    """torchvision's way for SSD: an overlap of `thresh` or more, and the best anchor of each truth.

    Of several truths with the same best anchor the last one gets it.
    """
    overlap, truth = table.max(dim=1)
    forced = _last_claims(table)
    positive = (forced >= 0) | (overlap >= thresh)
    return AnchorMatches(positive, ~positive, torch.where(forced >= 0, forced, truth), overlap)


def banded(table: Tensor, high: float, low: float, *, forced: bool = True) -> AnchorMatches:
    """From `high` on an anchor answers for the truth that it overlaps most, below `low` for none,
    and between the two it is asked nothing: RetinaNet's way, and that of region proposals.

    forced: anchors that no other one surpasses for some truth answer too, for the truth that they
    themselves overlap most.
    """
    overlap, truth = table.max(dim=1)
    positive = overlap >= high
    if forced:
        most = table.amax(dim=2, keepdim=True)
        positive = positive | ((table >= most - _TIE) & (most > _SOME)).any(dim=1)
    return AnchorMatches(positive, (overlap < low) & ~positive, truth, overlap)


def _one_each(table: Tensor) -> Tensor:
    """Truth (B, N) of each anchor that gets one, else -1: greatest overlaps first.

    A truth can lose its anchor to at most M - 1 others, so that only its M best ones matter. Equal
    overlaps go by the numbers of truth and anchor.
    """
    b, m, n = table.shape
    best = table.topk(min(m, n), dim=2)  # (B, M, k)
    anchors = best.indices
    # Overlap and number in one integer: the bits of floats from 0 on are in the order of these.
    bits = best.values.clamp(min=0).float().view(torch.int32).long()
    keys = (bits * _NUMBERS - anchors).masked_fill(best.values <= _SOME, -1)
    result = torch.full((b, n + 1), -1, dtype=torch.long, device=table.device)
    k, rows = keys.shape[2], torch.arange(m, device=table.device)
    for _ in range(m):
        key, place = keys.flatten(1).max(dim=1, keepdim=True)  # (B, 1)
        anchor, row = anchors.flatten(1).gather(1, place), place // k
        found = key >= 0
        result.scatter_(1, torch.where(found, anchor, n), row)
        gone = (rows == row)[:, :, None] | (anchors == anchor[:, :, None])
        keys = keys.masked_fill(gone & found[:, :, None], -1)
    return result[:, :n]


def _last_claims(table: Tensor) -> Tensor:
    """Truth (B, N) that has an anchor as its best one, the last of several; else -1."""
    best = table.max(dim=2)  # (B, M)
    number = torch.arange(table.shape[1], device=table.device)
    number = torch.where(best.values > NOTHING, number, -1)
    result = torch.full_like(table[:, 0], -1, dtype=torch.long)
    return result.scatter_reduce(1, best.indices, number, "amax")
