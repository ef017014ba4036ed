"""The deltas of heads of the [yolo] family in one vectorised pass: process_batch(), yolo_layer.c.

Darknet walks over cells and truths in order and overwrites as it goes. The same values come out
of three dense steps: what every cell is asked when it answers for nothing, then (truth_thresh < 1)
what a cell is asked that hits a truth anyhow, then what the cells are asked that truths were
assigned to. No step asks the device how many there are of anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from darkpy.heads.base import Owners, Truths
from darkpy.heads.delta import Delta
from darkpy.heads.unjudged import judged
from darkpy.heads.yolo.cells import Cells, best_overlaps
from darkpy.heads.yolo.sheet import Sheet
from darkpy.losses.assign import Assignment, assign, ends
from darkpy.losses.classes import (
    first_truth_delta,
    focal_delta,
    further_focal_delta,
    further_truth_delta,
)
from darkpy.losses.focal import Focal

CLASS_MATCH = 0.25  # probability above which a cell counts as having recognised something


@dataclass(frozen=True)
class Hits:
    """E cells, each against one truth.

    cell (E,), taken (E,) bool, predicted (E, F), predicted_box and truth_box (E, 4) cxcywh,
    classes (E,), weights (E,) of the true classes.
    """

    cell: Tensor
    taken: Tensor
    predicted: Tensor
    predicted_box: Tensor
    truth_box: Tensor
    classes: Tensor
    weights: Tensor


class AnchorDelta:
    """One head's deltas for one mini-batch: `fill` them, then take the `result`."""

    focal_loss = False
    focal: Focal | None = None  # in place of Darknet's form, whether that is on or not

    def __init__(self, o: Any, cells: Cells, truths: Truths, class_weights: Tensor | None):
        self.o, self.cells, self.truths, self.class_weights = o, cells, truths, class_weights
        self.boxes = cells.boxes()
        self.sheet = Sheet(cells.x)
        self._coords = slice(0, cells.coords)
        self._classes = slice(cells.coords + 1, None)

    def fill(self) -> None:
        """Write all deltas."""
        o, cells = self.o, self.cells
        recognised = cells.probs.amax(dim=2) > CLASS_MATCH
        best, best_truth = best_overlaps(self.boxes, self.truths)
        matched = best * recognised
        stray = self._stray_objectness(matched)
        stray = judged(stray, self.boxes, self.truths.ignored, o.ignore_thresh)
        self.sheet.delta[:, :, cells.coords] = stray
        asked = self._stray_classes(matched.flatten(), best_truth.flatten())
        if o.truth_thresh < 1:
            struck = (best > o.truth_thresh).flatten()
            self._strike(struck, best.flatten(), best_truth.flatten())
            asked = struck if asked is None else asked | struck
        self.pairs = self._assignment()
        self.hits = self._hits(self.pairs.cell, self.pairs.taken, self.pairs.truth)
        self._pull_boxes(self.hits)
        self._pull_objectness(self.hits, self.pairs)
        self._pull_classes(self.hits, self.pairs, asked)
        self._average_boxes(o.truth_thresh < 1)

    def result(self) -> Delta:
        """The parts of the loss and what is watched."""
        raise NotImplementedError

    def _box_delta(self, hits: Hits) -> Tensor:
        """What boxes are asked, (E, coords)."""
        raise NotImplementedError

    def _stray_objectness(self, best: Tensor) -> Tensor:
        """Delta of the objectness of cells that answer for nothing, (B, A, H, W).

        best: IoU with a truth where the cell has recognised something, else 0.
        """
        raise NotImplementedError

    def _stray_classes(self, best: Tensor, best_truth: Tensor) -> Tensor | None:
        """Ask classes of cells that answer for nothing; which cells (N,), None for none."""
        return None

    def _pull_objectness(self, hits: Hits, pairs: Assignment) -> None:
        """Objectness towards 1: the last truth of a cell decides."""
        self.sheet.put(hits.cell, self.cells.coords, self._objectness_delta(hits), pairs.last)

    def _average_boxes(self, everywhere: bool) -> None:
        """Share box deltas out between the truths of a cell."""
        raise NotImplementedError

    def _strike(self, struck: Tensor, best: Tensor, best_truth: Tensor) -> None:
        """Cells whose IoU with a truth exceeds truth_thresh are pulled towards that truth."""
        o = self.o
        hits = self._hits(self._every_cell(), struck, best_truth)
        if hits.cell.numel() == 0:
            return
        target = best * best if o.objectness_smooth else torch.ones_like(best)
        objectness = o.obj_normalizer * (target - self.cells.objectness.flatten())
        self.sheet.put(hits.cell, self.cells.coords, objectness, struck)
        classes = self._first_classes(hits)
        if o.objectness_smooth:
            own = hits.predicted[:, self._classes].gather(1, hits.classes[:, None])
            smooth = hits.weights[:, None] * (target[:, None] - own)
            classes = classes.scatter(1, hits.classes[:, None], smooth)
        self._put_classes(hits, classes, struck)
        self._pull_boxes(hits)

    def _assignment(self) -> Assignment:
        boxes = self.truths.boxes
        return assign(
            self.cells.points(boxes),
            boxes[..., 2:],
            self.truths.valid,
            self.cells.anchors,
            self.cells.mask,
            self.cells.grid,
            iou_thresh=self.o.iou_thresh,
            iou_thresh_kind=self.o.iou_thresh_kind,
        )

    def _every_cell(self) -> Tensor:
        return torch.arange(self.cells.objectness.numel(), device=self.cells.x.device)

    def _hits(self, cell: Tensor, taken: Tensor, truth: Tensor) -> Hits:
        classes = self.truths.classes.reshape(-1)
        if classes.numel() == 0:
            cell, taken, truth = cell[:0], taken[:0], truth[:0]
        predicted = self.sheet.rows(self.cells.x.reshape(-1), cell)
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

    def _put_classes(self, hits: Hits, values: Tensor, where: Tensor) -> None:
        """Write all class entries (E, K) of those cells `where` holds."""
        values = values.nan_to_num(0.0, 0.0, 0.0)
        self.sheet.put_rows(hits.cell, self._classes, values, where)

    def _pull_boxes(self, hits: Hits) -> None:
        """Add the box deltas of all hits; several truths of one cell add up."""
        self.sheet.add_rows(hits.cell, self._coords, self._box_delta(hits), hits.taken)

    def _objectness_delta(self, hits: Hits) -> Tensor:
        own = self.cells.objectness.flatten()[hits.cell]
        return hits.weights * self.o.obj_normalizer * (1 - own)

    def _pull_classes(self, hits: Hits, pairs: Assignment, asked: Tensor | None) -> None:
        """All classes from a cell's first truth, then the own class of every further one.

        asked: cells (N,) that have class deltas already.
        """
        first = pairs.first
        if asked is not None:
            first = first & ~asked[hits.cell]
        self._put_classes(hits, self._first_classes(hits), first)
        own = hits.predicted[:, self._classes].gather(1, hits.classes[:, None])[:, 0]
        delta = self._further_class(own, hits).nan_to_num(0.0, 0.0, 0.0)
        entry = self.cells.coords + 1 + hits.classes
        self.sheet.put(hits.cell, entry, delta, hits.taken & ~first)

    def _first_classes(self, hits: Hits) -> Tensor:
        if self.focal is not None:
            return focal_delta(hits.predicted[:, self._classes], hits.classes, self.focal)
        weights = self.class_weights
        return first_truth_delta(
            hits.predicted[:, self._classes],
            hits.classes,
            label_smooth_eps=self.o.label_smooth_eps,
            focal_loss=self.focal_loss,
            weights=None if weights is None else weights * self.o.cls_normalizer,
        )

    def _further_class(self, own: Tensor, hits: Hits) -> Tensor:
        if self.focal is not None:
            return further_focal_delta(own, self.focal)
        weights = None if self.class_weights is None else hits.weights
        return further_truth_delta(own, label_smooth_eps=self.o.label_smooth_eps, weights=weights)

    def _share_boxes(self, cell: Tensor, where: Tensor | None = None) -> None:
        """Divide box deltas of cells (E,) by the number of classes they are pulled towards."""
        rows = self.sheet.rows(self.sheet.flat, cell)
        wanted = (rows[:, self._classes] > 0).sum(dim=1).clamp(min=1)
        if where is not None:
            wanted = torch.where(where, wanted, 1)
        entries = torch.arange(self.cells.coords, device=cell.device)
        shared = rows[:, self._coords] / wanted[:, None]
        self.sheet.flat[self.sheet.index(cell, entries)] = shared

    def _owners(self) -> Owners:
        """The cells of best shape; of several truths of a cell the last."""
        pairs, truths = self.pairs, self.truths
        cells = self.cells.objectness.numel()
        return Owners(
            taken=ends(pairs.best, pairs.cell, pairs.truth, cells)[1],
            cell=pairs.cell,
            classes=truths.classes.reshape(-1)[pairs.truth],
            tracks=truths.tracks.reshape(-1)[pairs.truth],
        )


def watched(overlaps: Tensor, pairs: Assignment) -> dict[str, Tensor]:
    """Sums and counts of a detecting head: overlaps (E,) of the boxes with their truths."""
    overlaps = overlaps.masked_fill(~pairs.taken, 0)
    count = pairs.taken.sum()
    return {
        "count": count,
        "iou": overlaps.sum(),
        "recall50": (overlaps > 0.5).sum(),
        "recall75": (overlaps > 0.75).sum(),
        "rewritten": count - pairs.first.sum(),
    }


def confidence(
    objectness: Tensor, own: Tensor, classes: Tensor, taken: Tensor
) -> dict[str, Tensor]:
    """Sums that the C program prints: objectness of all cells (B, A, H, W); of E cells that answer
    for truths their objectness and the probability of the true class, where `taken`."""
    return {
        "all_objectness": objectness.sum(),
        "own_objectness": own.masked_fill(~taken, 0).sum(),
        "own_classes": classes.masked_fill(~taken, 0).sum(),
        "told_classes": taken.sum(),
    }
