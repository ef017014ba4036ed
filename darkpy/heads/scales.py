"""Heads of several scales that are one detector: each offers the boxes of its own map, and the last
one of the group matches the anchors of all maps with the truths and has the loss of all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from darkpy.boxes import coverage, iou
from darkpy.heads.base import (
    BoxesAbove,
    Candidates,
    DetectingHead,
    HeadLoss,
    Hw,
    Moment,
    Suppression,
    Truths,
)
from darkpy.heads.yolo.cells import in_parts
from darkpy.layers.base import Layer
from darkpy.losses.anchors import within
from darkpy.losses.matching import AnchorMatches, overlap_table
from darkpy.losses.offsets import boxes_at
from darkpy.sections.base import Plan

INSIDE = 0.5  # share of an anchor in an ignored box from which on it is asked nothing
Numbers = dict[str, Tensor]

_TINY = 1e-12  # keeps the division by a probability of 0 finite


@dataclass(frozen=True)
class GroupOutput:
    """What all maps of a group said, N anchors, beside what they should have said.

    scores (B, N, S), offsets (B, N, 4) and anchors (N, 4) cxcywh in the unit square, all raw.
    boxes (B, N, 4) and classes (B, N) of the truth that each anchor answers for, where it does.
    net_hw: height and width of the network's input, px.
    """

    scores: Tensor
    offsets: Tensor
    anchors: Tensor
    matches: AnchorMatches
    boxes: Tensor
    classes: Tensor
    net_hw: Hw


class ScaleHead(DetectingHead):
    """(B, A*F, H, W) -> the same, raw: F numbers for each of A anchors of each cell.

    layout=anchor: 4 offsets, then the scores, anchor by anchor. layout=split: the scores of all
    anchors, then the offsets of all. The last head of a group takes the maps of the others too,
    behind its own.
    """

    steady = True

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        o = self.options
        self.register_buffer("variance", torch.tensor(o.variance), persistent=False)
        self.suppression = self._suppression()
        self._members: tuple[ScaleHead, ...] = ()  # a tuple hides them from torch's own listing

    def link(self, layers: Sequence[Layer]) -> None:
        if self._is_last:
            self._members = tuple(layers[index] for index in self.plan.group)

    @property
    def _is_last(self) -> bool:
        return self.plan.index == self.plan.group[-1]

    def forward(self, x: Tensor, *_others: Tensor) -> Tensor:
        return x

    # What each family says for itself.

    def anchors(self, grid_hw: Hw, net_hw: Hw) -> Tensor:
        """The anchors (H*W*A, 4) cxcywh of this head's map in the unit square of the input."""
        raise NotImplementedError

    def matched(self, table: Tensor) -> AnchorMatches:
        """Which anchors answer for which truths, by their overlaps (B, M, N)."""
        raise NotImplementedError

    def probabilities(self, scores: Tensor) -> Tensor:
        """Scores (..., S) -> what is offered, a probability of each class (..., K)."""
        raise NotImplementedError

    def cost(self, said: GroupOutput, moment: Moment) -> tuple[Numbers, Numbers]:
        """The parts of the loss, summed over the pictures, and what is watched."""
        raise NotImplementedError

    def _suppression(self) -> Suppression:
        """What becomes of the boxes."""
        raise NotImplementedError

    # The same for all.

    def loss(
        self,
        inputs: Sequence[Tensor],
        output: Tensor,
        truths: Truths,
        net_hw: Hw,
        moment: Moment,
    ) -> HeadLoss:
        if not self._is_last:
            return HeadLoss(root=output.new_zeros(()), parts={}, silent=True)
        maps = (*inputs[1:], inputs[0])
        read = [head.read(x.float()) for head, x in zip(self._members, maps, strict=True)]
        scores, offsets = (torch.cat(part, dim=1) for part in zip(*read, strict=True))
        anchors = self._all_anchors(maps, net_hw)
        o = self.options
        truths = truths.first(o.max).of(o.classes)
        with torch.no_grad():
            matches = self._matches(anchors, truths)
            boxes, classes = _of_truths(truths, matches.truth)
        said = GroupOutput(scores, offsets, anchors, matches, boxes, classes, net_hw)
        parts, watched = self.cost(said, moment)
        with torch.no_grad():
            watched = {**self._fit(said, truths), **watched}
        root = torch.stack(list(parts.values())).sum()
        return HeadLoss(root, {n: part.detach() for n, part in parts.items()}, watched)

    def decode(self, output: Tensor, net_hw: Hw) -> Candidates:
        scores, offsets = self.read(output)
        anchors = self.anchors(tuple(output.shape[2:]), net_hw)
        probs = self.probabilities(scores)
        best = probs.amax(dim=2)
        return Candidates(
            boxes=self._placed(offsets, anchors),
            objectness=best,
            probs=probs / best[..., None].clamp(min=_TINY),
        )

    def offered(self, output: Tensor, net_hw: Hw, thresh: float) -> BoxesAbove:
        """Only the boxes above the threshold, and the head's own, are looked at any further."""
        scores, offsets = self.read(output)
        thresh = max(thresh, self.suppression.least)
        probs = self.probabilities(scores)
        finite = probs.isfinite().all()
        probs = self.limited(probs, thresh)
        best = probs.amax(dim=2)
        picture, number = (best > thresh).nonzero(as_tuple=True)
        anchors = self.anchors(tuple(output.shape[2:]), net_hw)[number]
        own = best[picture, number]
        return BoxesAbove(
            count=best.shape[1],
            picture=picture,
            number=number,
            boxes=self._placed(offsets[picture, number], anchors),
            objectness=own,
            probs=probs[picture, number] / own[:, None].clamp(min=_TINY),
            finite=finite,
        )

    def limited(self, probs: Tensor, thresh: float) -> Tensor:
        """Probabilities (B, N, K) of what goes on from this map; those of the rest are 0."""
        return probs

    def read(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """A map (B, A*F, H, W) -> scores (B, H*W*A, S) and offsets (B, H*W*A, 4) x y w h."""
        o, (b, c, h, w) = self.options, x.shape
        if o.layout == "split":
            each = c // o.num - 4
            rows = x.permute(0, 2, 3, 1).reshape(b, h * w, c)
            scores = rows[:, :, : o.num * each].reshape(b, -1, each)
            offsets = rows[:, :, o.num * each :].reshape(b, -1, 4)
        else:
            rows = (
                x.reshape(b, o.num, -1, h, w).permute(0, 3, 4, 1, 2).reshape(b, h * w * o.num, -1)
            )
            offsets, scores = rows[:, :, :4], rows[:, :, 4:]
        if o.order == "yxhw":
            y, x, h, w = offsets.unbind(dim=2)
            offsets = torch.stack((x, y, w, h), dim=2)
        return scores, offsets

    def _placed(self, offsets: Tensor, anchors: Tensor) -> Tensor:
        """Boxes (..., 4) cxcywh, with clip_boxes=1 cut to the picture."""
        boxes = boxes_at(offsets, anchors, self.variance)
        return within(boxes, 0, 1) if self.options.clip_boxes else boxes

    def _all_anchors(self, maps: Sequence[Tensor], net_hw: Hw) -> Tensor:
        grids = [tuple(x.shape[2:]) for x in maps]
        each = zip(self._members, grids, strict=True)
        return torch.cat([head.anchors(grid, net_hw) for head, grid in each])

    def _matches(self, anchors: Tensor, truths: Truths) -> AnchorMatches:
        """Those of the whole mini-batch, a part of it at a time where it is large."""
        boxes, valid, ignored = truths.boxes, truths.valid, truths.ignored
        parts = []
        for part in in_parts(len(boxes), len(anchors) * max(1, boxes.shape[1])):
            matches = self.matched(overlap_table(anchors, boxes[part], valid[part]))
            if ignored is not None:
                inside = coverage(anchors, ignored[part][:, :, None]).amax(dim=1)
                matches = matches.sparing(inside > INSIDE)
            parts.append(matches)
        return AnchorMatches.joined(parts)

    def _fit(self, said: GroupOutput, truths: Truths) -> dict[str, Tensor]:
        """How well the best box fits each object, of those that answer for it."""
        matches, placed = said.matches, boxes_at(said.offsets, said.anchors, self.variance)
        overlap = iou(placed, said.boxes) * matches.positive
        best = overlap.new_full((*truths.valid.shape[:1], truths.valid.shape[1] + 1), -1)
        place = torch.where(matches.positive, matches.truth, truths.valid.shape[1])
        best.scatter_reduce_(1, place, overlap, "amax")
        best = best[:, :-1]
        answered = truths.valid & (best >= 0)
        return {
            "count": answered.sum(),
            "iou": best.masked_fill(~answered, 0).sum(),
            "recall50": (best > 0.5).sum(),
            "recall75": (best > 0.75).sum(),
            "positives": matches.positive.sum(),
        }


def picture_shares(positives: Tensor, moment: Moment, *, by_picture: bool) -> Tensor:
    """What the sums of each picture are multiplied by, so that the loss, which is divided by the
    number of pictures, is a mean over the positives (B,): of each picture, or of all.
    """
    if by_picture:
        return 1 / positives.clamp(min=1)
    pictures = len(positives) * moment.sharers
    return pictures / moment.everywhere(positives.sum()).clamp(min=1)


def _of_truths(truths: Truths, number: Tensor) -> tuple[Tensor, Tensor]:
    """Boxes (B, N, 4) and classes (B, N) of truths by their number (B, N) in the picture."""
    if not truths.valid.shape[1]:
        return number.new_zeros((*number.shape, 4), dtype=torch.float32), number
    boxes = truths.boxes.gather(1, number[:, :, None].expand(-1, -1, 4))
    return boxes, truths.classes.gather(1, number)
