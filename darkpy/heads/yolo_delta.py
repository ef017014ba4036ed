"""The deltas of a [yolo] head in one vectorised pass: process_batch() in Darknet's yolo_layer.c.

Darknet walks over cells and truths in order and overwrites as it goes. The same values come out
of three dense steps: what every cell is asked when it answers for nothing, then (truth_thresh < 1)
what a cell is asked that hits a truth anyhow, then what the cells are asked that truths were
assigned to. No step asks the device how many there are of anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from darkpy.boxes import giou, iou
from darkpy.heads.base import HeadLoss, Truths
from darkpy.losses.assign import Assignment, assign
from darkpy.losses.box import BOX_GRADIENTS
from darkpy.losses.classes import first_truth_delta, further_truth_delta
from darkpy.sections.yolo import COORDS, Yolo

CLASS_MATCH = 0.25  # probability above which a cell counts as having recognised something
# Pairs of a cell and a truth whose overlaps are held at once; bounds the memory of big batches.
PAIRS_AT_ONCE = 2**24


@dataclass(frozen=True)
class Cells:
    """Activated output of a head: x (B, A, 5+K, H, W), anchors (N, 2) wh in the unit square of
    the network's input, of which mask (A,) are this head's."""

    x: Tensor
    anchors: Tensor
    mask: Tensor
    new_coords: bool

    def boxes(self) -> Tensor:
        """Predicted boxes (B, A, H, W, 4) cxcywh, unit square; get_yolo_box()."""
        h, w = self.x.shape[-2:]
        column = torch.arange(w, device=self.x.device)
        row = torch.arange(h, device=self.x.device)[:, None]
        own = self.anchors[self.mask][:, :, None, None]  # (A, 2, 1, 1)
        return torch.stack(
            (
                (column + self.x[:, :, 0]) / w,
                (row + self.x[:, :, 1]) / h,
                self.size(self.x[:, :, 2]) * own[:, 0],
                self.size(self.x[:, :, 3]) * own[:, 1],
            ),
            dim=-1,
        )

    def size(self, raw: Tensor) -> Tensor:
        """Raw width or height -> multiple of the anchor."""
        return raw * raw * 4 if self.new_coords else raw.exp()

    def raw_size(self, factor: Tensor) -> Tensor:
        """The inverse of `size`."""
        return (factor / 4).sqrt() if self.new_coords else factor.log()


@dataclass(frozen=True)
class Hits:
    """E cells, each against one truth.

    cell (E,), taken (E,) bool, predicted (E, 5+K), predicted_box and truth_box (E, 4) cxcywh,
    classes (E,), weights (E,) of the true classes.
    """

    cell: Tensor
    taken: Tensor
    predicted: Tensor
    predicted_box: Tensor
    truth_box: Tensor
    classes: Tensor
    weights: Tensor


class YoloDelta:
    """Computes one head's deltas for one mini-batch; `loss()` is all that others call."""

    def __init__(self, o: Yolo, cells: Cells, truths: Truths, class_weights: Tensor | None):
        self.o, self.cells, self.truths, self.class_weights = o, cells, truths, class_weights
        self.boxes = cells.boxes()
        # The extra element takes the writes of pairs that do not count.
        self.flat = cells.x.new_zeros(cells.x.numel() + 1)
        self.delta = self.flat[:-1].view_as(cells.x)

    def loss(self) -> HeadLoss:
        o, x = self.o, self.cells.x
        recognised = x[:, :, COORDS + 1 :].amax(dim=2) > CLASS_MATCH
        best, best_truth = self._best_overlaps()
        self.delta[:, :, COORDS] = self._stray_objectness(best * recognised)
        struck = None
        if o.truth_thresh < 1:
            struck = (best > o.truth_thresh).flatten()
            self._strike(struck, best.flatten(), best_truth.flatten())
        pairs = self._assignment()
        hits = self._hits(pairs.cell, pairs.taken, pairs.truth)
        self._pull_boxes(hits)
        self._pull_objectness(hits, pairs)
        self._pull_classes(hits, pairs, struck)
        if o.iou_thresh < 1:
            self._average_boxes(hits.cell if struck is None else None)
        return self._result(hits, pairs)

    @cached_property
    def _objectness(self) -> Tensor:
        """(B, A, H, W); what is not finite counts as 0."""
        return self.cells.x[:, :, COORDS].nan_to_num(0.0, 0.0, 0.0)

    def _best_overlaps(self) -> tuple[Tensor, Tensor]:
        """Each cell's best IoU with a truth of its picture, and which truth: (B, A, H, W)."""
        b, m = self.truths.valid.shape
        shape = self.boxes.shape[:-1]
        if m == 0:
            return self.boxes.new_zeros(shape), self.truths.classes.new_zeros(shape)
        own = self.boxes.flatten(1, 3)  # (B, N, 4)
        at_once = max(1, PAIRS_AT_ONCE // (own.shape[1] * m))
        parts = []
        for start in range(0, b, at_once):
            part = slice(start, start + at_once)
            valid = self.truths.valid[part, None]
            overlap = _pairwise_iou(own[part], self.truths.boxes[part])
            parts.append(overlap.masked_fill(~valid, 0).max(dim=-1))
        best = torch.cat([part.values for part in parts]).view(shape)
        number = torch.cat([part.indices for part in parts]).view(shape)
        picture = torch.arange(b, device=number.device)[:, None, None, None]
        return best, number + picture * m

    def _stray_objectness(self, best: Tensor) -> Tensor:
        """Delta of the objectness of cells that answer for nothing, (B, A, H, W)."""
        o, objectness = self.o, self._objectness
        delta = o.obj_normalizer * (0 - objectness)
        ignored = best > o.ignore_thresh
        if o.objectness_smooth:
            softer = o.obj_normalizer * (best - objectness)
            return torch.where(ignored, torch.maximum(delta, softer), delta)
        return delta.masked_fill(ignored, 0)

    def _strike(self, struck: Tensor, best: Tensor, best_truth: Tensor) -> None:
        """Cells whose IoU with a truth exceeds truth_thresh are pulled towards that truth."""
        o = self.o
        everywhere = torch.arange(struck.numel(), device=struck.device)
        hits = self._hits(everywhere, struck, best_truth)
        target = best * best if o.objectness_smooth else torch.ones_like(best)
        objectness = o.obj_normalizer * (target - self._objectness.flatten())
        self._put(hits, COORDS, objectness, struck)
        classes = self._first_classes(hits)
        if o.objectness_smooth:
            own = hits.predicted[:, COORDS + 1 :].gather(1, hits.classes[:, None])
            smooth = hits.weights[:, None] * (target[:, None] - own)
            classes = classes.scatter(1, hits.classes[:, None], smooth)
        self._put_classes(hits, classes, struck)
        self._pull_boxes(hits)

    def _assignment(self) -> Assignment:
        return assign(
            self.truths.boxes,
            self.truths.valid,
            self.cells.anchors,
            self.cells.mask,
            tuple(self.cells.x.shape[-2:]),
            iou_thresh=self.o.iou_thresh,
            iou_thresh_kind=self.o.iou_thresh_kind,
        )

    def _hits(self, cell: Tensor, taken: Tensor, truth: Tensor) -> Hits:
        classes = self.truths.classes.reshape(-1)
        if classes.numel() == 0:
            cell, taken, truth = cell[:0], taken[:0], truth[:0]
        entries = torch.arange(self.cells.x.shape[2], device=cell.device)
        predicted = self.cells.x.reshape(-1)[self._index(cell, entries)]
        chosen = torch.where(taken, classes[truth], 0)
        weights = torch.ones_like(predicted[:, 0])
        if self.class_weights is not None:
            weights = self.class_weights[chosen]
        return Hits(
            cell=cell,
            taken=taken,
            predicted=predicted,
            predicted_box=self.boxes.view(-1, 4)[cell],
            truth_box=self.truths.boxes.reshape(-1, 4)[truth],
            classes=chosen,
            weights=weights,
        )

    def _index(self, cell: Tensor, entry: Tensor | int) -> Tensor:
        """Place of an entry of a cell in the flat delta: (E,) or, for several entries, (E, F)."""
        _, _, entries, h, w = self.cells.x.shape
        area = h * w
        start = cell // area * (entries * area) + cell % area
        return start[:, None] + entry * area if isinstance(entry, Tensor) else start + entry * area

    def _put(self, hits: Hits, entry: int, values: Tensor, where: Tensor) -> None:
        """Write one entry of those cells `where` holds."""
        nowhere = self.flat.numel() - 1
        self.flat[torch.where(where, self._index(hits.cell, entry), nowhere)] = values

    def _put_classes(self, hits: Hits, values: Tensor, where: Tensor) -> None:
        """Write all class entries (E, K) of those cells `where` holds."""
        nowhere = self.flat.numel() - 1
        entries = torch.arange(COORDS + 1, self.cells.x.shape[2], device=values.device)
        index = torch.where(where[:, None], self._index(hits.cell, entries), nowhere)
        self.flat[index] = values.nan_to_num(0.0, 0.0, 0.0)

    def _pull_boxes(self, hits: Hits) -> None:
        """Add the box deltas of all hits; several truths of one cell add up. delta_yolo_box()."""
        if self.o.iou_loss == "mse":
            delta = self._square_error(hits)
        else:
            delta = self._overlap_gradient(hits)
        entries = torch.arange(COORDS, device=delta.device)
        index = self._index(hits.cell, entries)
        delta = delta.masked_fill(~hits.taken[:, None], 0)
        self.flat.index_add_(0, index.flatten(), delta.flatten())

    def _square_error(self, hits: Hits) -> Tensor:
        """(E, 4): distance from the wanted raw values, larger for smaller boxes."""
        h, w = self.cells.x.shape[-2:]
        own = self._own_anchors(hits.cell)
        truth = hits.truth_box
        column, row = hits.cell % w, hits.cell % (h * w) // w
        wanted = torch.stack(
            (
                truth[:, 0] * w - column,
                truth[:, 1] * h - row,
                self.cells.raw_size(truth[:, 2] / own[:, 0]),
                self.cells.raw_size(truth[:, 3] / own[:, 1]),
            ),
            dim=1,
        )
        scale = (2 - truth[:, 2] * truth[:, 3]) * self.o.iou_normalizer * hits.weights
        return scale[:, None] * (wanted - hits.predicted[:, :COORDS])

    def _overlap_gradient(self, hits: Hits) -> Tensor:
        """(E, 4): gradient of the IoU kind, through exp() for w and h but not through logistic."""
        predicted = hits.predicted_box
        sizes = predicted[:, 2:]
        predicted = torch.cat((predicted[:, :2], torch.where(sizes == 0, 1.0, sizes)), dim=1)
        delta = BOX_GRADIENTS[self.o.iou_loss](predicted, hits.truth_box)
        if not self.cells.new_coords:
            raw = hits.predicted[:, 2:COORDS]
            delta = torch.cat((delta[:, :2], delta[:, 2:] * raw.exp()), dim=1)
        delta = delta * (self.o.iou_normalizer * hits.weights)[:, None]
        delta = delta.nan_to_num(0.0, 0.0, 0.0)
        limit = self.o.max_delta
        return delta if limit is None else delta.clamp(-limit, limit)

    def _own_anchors(self, cell: Tensor) -> Tensor:
        """Anchor of each cell, (E, 2) wh."""
        _, a, _, h, w = self.cells.x.shape
        return self.cells.anchors[self.cells.mask][cell // (h * w) % a]

    def _pull_objectness(self, hits: Hits, pairs: Assignment) -> None:
        """Objectness towards 1: the last truth of a cell decides.

        With objectness_smooth only a cell that is asked nothing yet takes it, from the first.
        """
        o = self.o
        delta = hits.weights * o.obj_normalizer * (1 - self._objectness.flatten()[hits.cell])
        if not o.objectness_smooth:
            self._put(hits, COORDS, delta, pairs.last)
            return
        unasked = self.flat[self._index(hits.cell, COORDS)] == 0
        self._put(hits, COORDS, delta, pairs.first & unasked)

    def _pull_classes(self, hits: Hits, pairs: Assignment, struck: Tensor | None) -> None:
        """All classes from a cell's first truth, then the own class of every further one."""
        first = pairs.first
        if struck is not None:
            first = first & ~struck[hits.cell]
        self._put_classes(hits, self._first_classes(hits), first)
        own = hits.predicted[:, COORDS + 1 :].gather(1, hits.classes[:, None])[:, 0]
        weights = None if self.class_weights is None else hits.weights
        delta = further_truth_delta(
            own, label_smooth_eps=self.o.label_smooth_eps, weights=weights
        ).nan_to_num(0.0, 0.0, 0.0)
        nowhere = self.flat.numel() - 1
        index = self._index(hits.cell, 0) + (COORDS + 1 + hits.classes) * self._area
        self.flat[torch.where(hits.taken & ~first, index, nowhere)] = delta

    @property
    def _area(self) -> int:
        return self.cells.x.shape[-1] * self.cells.x.shape[-2]

    def _first_classes(self, hits: Hits) -> Tensor:
        weights = self.class_weights
        return first_truth_delta(
            hits.predicted[:, COORDS + 1 :],
            hits.classes,
            label_smooth_eps=self.o.label_smooth_eps,
            focal_loss=self.o.focal_loss,
            weights=None if weights is None else weights * self.o.cls_normalizer,
        )

    def _average_boxes(self, cell: Tensor | None) -> None:
        """Divide box deltas by the number of classes wanted of the cell; averages_yolo_deltas().

        cell: the cells that can have box deltas, or None for all.
        """
        if cell is None:
            cell = torch.arange(self._objectness.numel(), device=self.flat.device)
        entries = torch.arange(self.cells.x.shape[2], device=cell.device)
        rows = self.flat[self._index(cell, entries)]
        wanted = (rows[:, COORDS + 1 :] > 0).sum(dim=1).clamp(min=1)
        wanted = torch.where(rows[:, COORDS] != 0, wanted, 1)
        self.flat[self._index(cell, entries[:COORDS])] = rows[:, :COORDS] / wanted[:, None]

    def _result(self, hits: Hits, pairs: Assignment) -> HeadLoss:
        """The printed parts and the watched averages; end of forward_yolo_layer()."""
        o, taken = self.o, hits.taken
        overlaps = iou(hits.predicted_box, hits.truth_box).masked_fill(~taken, 0)
        count = taken.sum()
        rest = self.delta[:, :, COORDS:].square()
        squares = {"objectness": rest[:, :, 0].sum(), "classes": rest[:, :, 1:].sum()}
        if o.iou_loss == "mse" or not o.show_details:
            box, factor = self.delta[:, :, :COORDS].square().sum(), 1.0
        else:
            kind = giou(hits.predicted_box, hits.truth_box) if o.iou_loss == "giou" else overlaps
            missing = (1 - kind).masked_fill(~taken, 0).sum()
            box, factor = o.iou_normalizer * missing / count.clamp(min=1), o.obj_normalizer
        watched = {
            "count": count,
            "iou": overlaps.sum(),
            "recall50": (overlaps > 0.5).sum(),
            "recall75": (overlaps > 0.75).sum(),
            "rewritten": count - pairs.first.sum(),
        }
        return HeadLoss(
            box=box,
            objectness=factor * squares["objectness"],
            classes=factor * squares["classes"],
            watched=watched,
            delta=self.delta.flatten(1, 2),
        )


def _pairwise_iou(predicted: Tensor, truth: Tensor) -> Tensor:
    """IoU of every box (B, N, 4) with every truth (B, M, 4), cxcywh -> (B, N, M)."""
    return iou(predicted[:, :, None], truth[:, None])
