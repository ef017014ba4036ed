"""[detection]: the detection head of YOLOv1, arXiv:1506.02640; Darknet's detection_layer.c."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from darkpy.boxes import iou
from darkpy.heads.base import Candidates, DetectingHead, Hw, Moment, Truths, Wanted
from darkpy.heads.delta import Delta, DeltaHead
from darkpy.heads.unjudged import judged
from darkpy.layers.base import LAYERS
from darkpy.losses.assign import cell_numbers, ends

_SMALL = 0.1  # area of an object that, with forced=1, the second box answers for
_RANDOM_UNTIL = 64000  # pictures for which random=1 picks any of a cell's boxes
_NO_OVERLAP_RULE = 1.0  # only boxes inside of an ignored one are excused
_MIX = 0x9E3779B97F4A7C15 - 2**64  # odd, bits well spread: multiplies a counter into chance


@dataclass(frozen=True)
class GridTruth:
    """What each of L cells should say: asked (B, L) bool, classes (B, L, K), boxes (B, L, 4).

    Boxes are cxcywh, the centre within the cell, the size in the unit square of the picture.
    lost: (), objects whose cell another one had already.
    """

    asked: Tensor
    classes: Tensor
    boxes: Tensor
    lost: Tensor

    @classmethod
    def from_rows(cls, rows: Tensor, classes: int) -> GridTruth:
        """From rows (B, L * (1+K+4)) as Darknet has them: asked, classes, box of each cell."""
        cells = rows.view(len(rows), -1, 1 + classes + 4)
        lost = rows.new_zeros((), dtype=torch.int64)
        return cls(cells[..., 0] >= 1, cells[..., 1:-4], cells[..., -4:], lost)

    @classmethod
    def from_truths(cls, truths: Truths, classes: int, side: int) -> GridTruth:
        """A cell is asked for the first object with its centre in it; fill_truth_region()."""
        b, m = truths.valid.shape
        centre, taken = truths.boxes[..., :2], truths.valid.reshape(-1)
        cell = cell_numbers(centre, 1, (side, side)).reshape(-1)
        first, _ = ends(taken, cell, torch.arange(b * m, device=cell.device), b * side * side)
        place = torch.where(first, cell, b * side * side)
        within = centre * side
        boxes = torch.cat((within - within.floor(), truths.boxes[..., 2:]), dim=2).view(-1, 4)
        number = torch.arange(classes, device=cell.device)
        named = (truths.classes.reshape(-1, 1) == number).to(boxes.dtype)
        row = torch.cat((torch.ones_like(boxes[:, :1]), named, boxes), dim=1)
        rows = row.new_zeros(b * side * side + 1, row.shape[1])
        rows[place] = row
        grid = cls.from_rows(rows[:-1].view(b, -1), classes)
        return replace(grid, lost=taken.sum() - first.sum())


@LAYERS("detection")
class Detection(DeltaHead, DetectingHead):
    """(B, L*(K+N*5)) of any such shape -> the same: for L = side² cells K classes each, then N
    objectness values each, then N boxes each: x, y within the cell, size or (sqrt=1) its root.
    """

    def forward(self, x: Tensor) -> Tensor:
        if not self.options.softmax:
            return x
        classes, rest = self._split(x.flatten(1))
        return torch.cat((classes.softmax(dim=2).flatten(1), rest), dim=1).view(x.shape)

    def decode(self, output: Tensor, net_hw: Hw) -> Candidates:
        """As get_detection_detections(): it looks at objectness times class alone."""
        classes, objectness, boxes = self._parts(output)
        probs = objectness[..., None] * classes[:, :, None]
        return Candidates(
            boxes=self._placed(self._predicted(boxes)).flatten(1, 2),
            objectness=torch.ones_like(objectness).flatten(1),
            probs=probs.flatten(1, 2),
        )

    def delta(self, output: Tensor, truths: Truths | Wanted, net_hw: Hw, moment: Moment) -> Delta:
        """Squared deltas. truths may also be `Wanted` with rows in Darknet's grid form."""
        o = self.options
        if isinstance(truths, Wanted):
            truth = GridTruth.from_rows(truths.values, o.classes)
        else:
            truth = GridTruth.from_truths(truths.first(o.max).of(o.classes), o.classes, o.side)
        classes, objectness, boxes = self._parts(output)
        asked = truth.asked[..., None]  # (B, L, 1)
        class_delta = o.class_scale * (truth.classes - classes) * asked
        centres = truth.boxes[..., :2] / o.side
        wanted = torch.cat((centres, truth.boxes[..., 2:]), dim=2)[:, :, None]
        predicted = self._predicted(boxes)
        overlap = iou(predicted, wanted)  # (B, L, N)
        chosen = self._chosen(overlap, predicted, wanted, moment.seen)
        chosen = asked & (chosen[..., None] == torch.arange(o.num, device=chosen.device))
        target = overlap if o.rescore else torch.ones_like(overlap)
        hit = o.object_scale * (target - objectness)
        stray = o.noobject_scale * (0 - objectness)
        if isinstance(truths, Truths):
            stray = judged(stray, self._placed(predicted), truths.ignored, _NO_OVERLAP_RULE)
        object_delta = torch.where(chosen, hit, stray)
        box_delta = torch.where(chosen[..., None], self._box_delta(truth.boxes, boxes), 0)
        delta = torch.cat([part.flatten(1) for part in (class_delta, object_delta, box_delta)], 1)
        return Delta(
            delta=delta.view(output.shape),
            parts={
                "box": box_delta.square().sum(),
                "objectness": object_delta.square().sum(),
                "classes": class_delta.square().sum(),
            },
            watched={
                **_watched(torch.where(chosen, overlap, 0), chosen, truth.lost),
                "own_classes": classes.masked_fill(~asked | (truth.classes == 0), 0).sum(),
                "all_classes": classes.masked_fill(~asked, 0).sum(),
                "own_objectness": objectness.masked_fill(~chosen, 0).sum(),
                "all_objectness": objectness.sum(),
            },
        )

    def _box_delta(self, truth: Tensor, boxes: Tensor) -> Tensor:
        """What each box of a cell would be asked, (B, L, N, 4), by the truths (B, L, 4)."""
        if self.options.sqrt:
            truth = torch.cat((truth[..., :2], truth[..., 2:].sqrt()), dim=-1)
        return self.options.coord_scale * (truth[:, :, None] - boxes)

    def _chosen(self, overlap: Tensor, predicted: Tensor, wanted: Tensor, seen: int) -> Tensor:
        """Which of a cell's boxes answers, (B, L): of best IoU, or nearest where none overlaps."""
        o = self.options
        if o.random and seen < _RANDOM_UNTIL:
            cell = torch.arange(overlap[..., 0].numel(), device=overlap.device)
            mixed = (cell + seen * len(cell) + 1) * _MIX
            return (mixed.bitwise_right_shift(33) % o.num).view(overlap.shape[:2])
        if o.forced:
            small = wanted[:, :, 0, 2] * wanted[:, :, 0, 3] < _SMALL
            return small.long().clamp(max=o.num - 1)
        nearest = (predicted - wanted).square().sum(dim=-1).argmin(dim=2)
        return torch.where((overlap > 0).any(dim=2), overlap.argmax(dim=2), nearest)

    def _predicted(self, boxes: Tensor) -> Tensor:
        """Boxes (B, L, N, 4) as the output has them -> unit square, the centre from its cell."""
        size = boxes[..., 2:]
        size = size.square() if self.options.sqrt else size
        return torch.cat((boxes[..., :2] / self.options.side, size), dim=-1)

    def _placed(self, boxes: Tensor) -> Tensor:
        """Boxes (B, L, N, 4) whose centre counts from their cell -> unit square of the picture."""
        side = self.options.side
        number = torch.arange(side, device=boxes.device)
        corner = torch.stack((number.repeat(side), number.repeat_interleave(side)), dim=1)
        return torch.cat((boxes[..., :2] + corner[:, None] / side, boxes[..., 2:]), dim=-1)

    def _split(self, flat: Tensor) -> tuple[Tensor, Tensor]:
        """(B, L*(K+N*5)) -> classes (B, L, K) and the rest (B, L*N*5)."""
        o = self.options
        cells = o.side**2
        classes = flat[:, : cells * o.classes].reshape(len(flat), cells, o.classes)
        return classes, flat[:, cells * o.classes :]

    def _parts(self, output: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Output -> classes (B, L, K), objectness (B, L, N), boxes (B, L, N, 4)."""
        o = self.options
        classes, rest = self._split(output.flatten(1))
        objectness, boxes = rest.split((o.side**2 * o.num, 4 * o.side**2 * o.num), dim=1)
        shape = len(output), o.side**2, o.num
        return classes, objectness.reshape(shape), boxes.reshape(*shape, 4)


def _watched(overlap: Tensor, chosen: Tensor, lost: Tensor) -> dict[str, Tensor]:
    return {
        "count": chosen.sum(),
        "iou": overlap.sum(),
        "recall50": (overlap > 0.5).sum(),
        "recall75": (overlap > 0.75).sum(),
        "rewritten": lost,
    }
