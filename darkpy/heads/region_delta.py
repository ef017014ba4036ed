"""The deltas of [region] in one vectorised pass: forward_region_layer(), region_layer.c.

Unlike the yolo family, a later truth of a cell replaces what an earlier one asked.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from darkpy.boxes import iou
from darkpy.heads.base import Truths
from darkpy.heads.delta import Delta
from darkpy.heads.unjudged import judged
from darkpy.heads.yolo.anchored import confidence, watched
from darkpy.heads.yolo.cells import Cells, best_overlaps
from darkpy.heads.yolo.sheet import Sheet
from darkpy.losses.assign import Assignment, cell_numbers, ends, shape_overlaps
from darkpy.losses.classes import first_truth_delta, focal_softmax_delta
from darkpy.losses.focal import Focal
from darkpy.losses.tree import ClassTree

WARM_UP = 12800  # pictures; as long every box is drawn to its anchor
_WARM_UP_SCALE = 0.01
_NO_BOX = 100_000  # x and y above it mark a class without a box


class RegionDelta:
    """One [region]'s deltas for one mini-batch: `fill` them, then take the `result`."""

    def __init__(self, o: Any, cells: Cells, truths: Truths, tree: ClassTree | None) -> None:
        self.o, self.cells, self.truths, self.tree = o, cells, truths, tree
        self.boxes = cells.boxes()
        self.sheet = Sheet(cells.x)
        self.slopes = o.objective == "alexeyab"
        self.focal = Focal.given(o.alpha, o.gamma) if o.focal_loss else None
        self.boxed: Tensor | None = None  # (B, 1) with a tree: pictures whose objects have boxes
        self._own_classes = self.boxes.new_zeros(())
        self._told_classes = torch.zeros((), dtype=torch.long, device=self.boxes.device)

    def fill(self, seen: int) -> None:
        """Write all deltas. seen: pictures trained on, this mini-batch included."""
        if self.tree is not None:
            unboxed, self.boxed = self._split_unboxed()
        best, best_truth = best_overlaps(self.boxes, self.truths)
        self._stray(best, best_truth)
        if seen < WARM_UP:
            self._warm_up()
        self.pairs = self._assignment()
        self._pull()
        if self.boxed is not None:
            self.sheet.delta *= self.boxed[:, :, None, None, None]
            self._pull_unboxed(unboxed)

    def result(self) -> Delta:
        """Squared deltas by part, and the watched averages."""
        squares = self.sheet.delta.square()
        return Delta(
            delta=self.sheet.delta.flatten(1, 2),
            parts={
                "box": squares[:, :, :4].sum(),
                "objectness": squares[:, :, 4].sum(),
                "classes": squares[:, :, 5:].sum(),
            },
            watched=watched(self.overlap, self.pairs) | self._confidence(),
        )

    def _confidence(self) -> dict[str, Tensor]:
        """How sure the cells are that answer for truths, and all together; and of the classes of
        all that were told one."""
        objectness, taken = self.cells.objectness, self.pairs.taken
        own = objectness.flatten()[self.pairs.cell]
        if self.boxed is not None:
            objectness = objectness * self.boxed[:, :, None, None]
        classes = {"own_classes": self._own_classes, "told_classes": self._told_classes}
        return confidence(objectness, own, own, taken) | classes

    def _split_unboxed(self) -> tuple[Truths, Tensor]:
        """Truths without a box, which leave their picture no other; pictures with boxes (B, 1)."""
        truths = self.truths
        marked = truths.valid & (truths.boxes[..., :2] > _NO_BOX).all(dim=2)
        boxed = ~marked.any(dim=1, keepdim=True)
        self.truths = replace(truths, valid=truths.valid & boxed)
        return replace(truths, valid=marked), boxed

    def _slope(self, logistic: Tensor) -> Tensor | float:
        """Derivative of the logistic at its value, where the objective keeps it."""
        return logistic * (1 - logistic) if self.slopes else 1.0

    def _stray(self, best: Tensor, best_truth: Tensor) -> None:
        """What cells are asked that answer for nothing."""
        o, own = self.o, self.cells.objectness
        target = best if o.classfix == -1 else torch.zeros_like(best)
        delta = o.noobject_scale * (target - own) * self._slope(own)
        good = best > o.thresh
        if o.classfix != -1:
            delta = delta.masked_fill(good, 0)
        self.sheet.delta[:, :, 4] = judged(delta, self.boxes, self.truths.ignored, o.thresh)
        if o.classfix > 0 and self.truths.classes.numel():
            cell = torch.arange(best.numel(), device=best.device)
            classes = self.truths.classes.reshape(-1)[best_truth.flatten()]
            factor = own.flatten() if o.classfix == 2 else torch.ones_like(own).flatten()
            self._put_classes(cell, classes, good.flatten(), factor)

    def _warm_up(self) -> None:
        """Draw every box a little to its anchor in the middle of its cell."""
        box = self.cells.x[:, :, :4]
        xy = torch.sigmoid(box[:, :, :2])
        pull = torch.cat(((0.5 - xy) * self._slope(xy), 0 - box[:, :, 2:]), dim=2)
        self.sheet.delta[:, :, :4] = _WARM_UP_SCALE * pull

    def _assignment(self) -> Assignment:
        """Each truth to one anchor of its cell: of best shape, the anchor's or the prediction's."""
        truths, cells = self.truths, self.cells
        b, m = truths.valid.shape
        sizes = truths.boxes[..., None, 2:]  # (B, M, 1, 2)
        number = cell_numbers(truths.boxes[..., :2], len(cells.mask), cells.grid)  # (B, M, A)
        shapes = cells.anchors
        if not self.o.bias_match:
            shapes = self.boxes.view(-1, 4)[number][..., 2:]
        best = shape_overlaps(shapes, sizes).argmax(dim=-1, keepdim=True)
        cell = number.gather(2, best).reshape(-1)
        taken = truths.valid.reshape(-1)
        truth = torch.arange(b * m, device=cell.device)
        first, last = ends(taken, cell, truth, self.cells.objectness.numel())
        return Assignment(taken, cell, truth, first, last, taken)

    def _pull(self) -> None:
        """What cells are asked that answer for a truth: the last of a cell decides."""
        o, sheet, pairs = self.o, self.sheet, self.pairs
        cell, last = pairs.cell, pairs.last
        truth_box = self.truths.boxes.reshape(-1, 4)
        self.overlap = iou(self.boxes.view(-1, 4)[cell], truth_box)
        predicted = sheet.rows(self.cells.x.reshape(-1), cell, slice(0, 4))
        xy = torch.sigmoid(predicted[:, :2])
        wanted = self.cells.wanted(truth_box, cell)
        pull = torch.cat(
            ((wanted[:, :2] - xy) * self._slope(xy), wanted[:, 2:] - predicted[:, 2:]), dim=1
        )
        scale = o.coord_scale
        if not self.slopes:
            scale = scale * (2 - truth_box[:, 2:3] * truth_box[:, 3:4])
        sheet.put_rows(cell, slice(0, 4), pull * scale, last)
        own = self.cells.objectness.flatten()[cell]
        target = self.overlap if o.rescore else torch.ones_like(own)
        sheet.put(cell, 4, o.object_scale * (target - own) * self._slope(own), last)
        self._put_classes(cell, self.truths.classes.reshape(-1), pairs.taken, last=last)

    def _put_classes(
        self,
        cell: Tensor,
        classes: Tensor,
        where: Tensor,
        factor: Tensor | None = None,
        last: Tensor | None = None,
    ) -> None:
        """Class deltas of cells (E,) towards classes (E,), of those `where` (E,) holds.

        factor (E,) on the weight. last (E,): of several truths of a cell the one that counts.
        """
        classes = torch.where(where, classes, 0)
        predicted = self.sheet.rows(self.cells.x.reshape(-1), cell, slice(5, None))
        self._note_classes(predicted, classes, where)
        scale = self.o.class_scale if factor is None else self.o.class_scale * factor[:, None]
        if self.tree is not None:
            counts = where[:, None] if last is None else self._last_of_groups(cell, classes, where)
            values, asked = self.tree.wanted(classes, counts)
            self.sheet.put_rows(cell, slice(5, None), scale * (values - predicted), asked)
            return
        if self.focal is None:
            delta = first_truth_delta(predicted, classes, focal_loss=self.o.focal_loss)
        else:
            delta = focal_softmax_delta(predicted, classes, self.focal)
        self.sheet.put_rows(cell, slice(5, None), scale * delta, where if last is None else last)

    def _note_classes(self, predicted: Tensor, classes: Tensor, where: Tensor) -> None:
        """Add up the probabilities (E, K) of those classes (E,), in a tree along their ways."""
        ways = classes[:, None]
        if self.tree is not None:
            ways = self.tree.ways[classes]
            predicted = torch.cat((predicted, torch.ones_like(predicted[:, :1])), dim=1)
        own = predicted.gather(1, ways).prod(dim=1)
        self._own_classes = self._own_classes + own.masked_fill(~where, 0).sum()
        self._told_classes = self._told_classes + where.sum()

    def _last_of_groups(self, cell: Tensor, classes: Tensor, where: Tensor) -> Tensor:
        """Steps (E, D) of the ways that are the last of their cell to touch their group."""
        groups = self.tree.way_groups(self.tree.ways[classes])
        place = cell[:, None] * (self.tree.group_count + 1) + groups
        pair = torch.arange(len(cell), device=cell.device)[:, None].expand_as(place)
        pair = torch.where(where[:, None], pair, -1)
        latest = pair.new_full((self.cells.objectness.numel() * (self.tree.group_count + 1),), -1)
        latest.scatter_reduce_(0, place.flatten(), pair.flatten(), "amax")
        return where[:, None] & (latest[place] == pair)

    def _pull_unboxed(self, truths: Truths) -> None:
        """A class without a box trains the cell that is surest of it."""
        if truths.classes.numel() == 0:
            return
        picture, number = truths.valid.any(dim=1), truths.valid.long().argmax(dim=1)
        classes = truths.classes.gather(1, number[:, None])[:, 0]
        classes = torch.where(picture, classes, 0)
        absolute = self.tree.absolute(self.cells.probs, dim=2)  # (B, A, K, H, W)
        index = classes[:, None, None, None, None].expand(
            -1, absolute.shape[1], 1, *self.cells.grid
        )
        score = absolute.gather(2, index)[:, :, 0] * self.cells.objectness
        cell = score.flatten(1).argmax(dim=1)
        cell = cell + torch.arange(len(cell), device=cell.device) * score[0].numel()
        self._put_classes(cell, classes, picture)
