"""What [yolo] asks of its boxes and how it counts: Darknet's yolo_layer.c."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from darkpy.boxes import giou, iou
from darkpy.heads.base import Moment
from darkpy.heads.delta import Delta
from darkpy.heads.yolo.anchored import AnchorDelta, Hits, watched
from darkpy.heads.yolo.cells import Cells
from darkpy.losses.assign import Assignment
from darkpy.losses.box import BOX_GRADIENTS
from darkpy.losses.focal import Focal


@dataclass(frozen=True)
class YoloCells(Cells):
    """With new_coords sizes are squares of a logistic output."""

    new_coords: bool

    def size(self, raw: Tensor) -> Tensor:
        return raw * raw * 4 if self.new_coords else super().size(raw)

    def raw_size(self, factor: Tensor) -> Tensor:
        return (factor / 4).sqrt() if self.new_coords else super().raw_size(factor)


class YoloDelta(AnchorDelta):
    """The deltas of [yolo]."""

    cells: YoloCells

    @property
    def focal_loss(self) -> bool:
        return self.o.focal_loss

    @property
    def focal(self) -> Focal | None:
        return Focal.given(self.o.alpha, self.o.gamma) if self.o.focal_loss else None

    def result(self, moment: Moment) -> Delta:
        """The printed parts and the watched averages; end of forward_yolo_layer()."""
        o, hits, delta = self.o, self.hits, self.sheet.delta
        seen = watched(iou(hits.predicted_box, hits.truth_box), self.pairs)
        squares = delta[:, :, : self.cells.coords].square().sum()
        rest = delta[:, :, self.cells.coords :].square()
        if o.iou_loss == "mse" or not o.show_details:
            box, factor = squares, 1.0
        else:
            missing = seen["count"] - seen["iou"]
            if o.iou_loss == "giou":
                overlap = giou(hits.predicted_box, hits.truth_box)
                missing = (1 - overlap).masked_fill(~hits.taken, 0).sum()
            box, factor = moment.mean(o.iou_normalizer * missing, seen["count"]), o.obj_normalizer
        return Delta(
            delta=delta.flatten(1, 2),
            parts={
                "box": box,
                "objectness": factor * rest[:, :, 0].sum(),
                "classes": factor * rest[:, :, 1:].sum(),
            },
            watched=seen | {"squares": squares + rest.sum()},
            owners=self._owners(),
        )

    def _stray_objectness(self, best: Tensor) -> Tensor:
        o, objectness = self.o, self.cells.objectness
        delta = o.obj_normalizer * (0 - objectness)
        ignored = best > o.ignore_thresh
        if o.objectness_smooth:
            softer = o.obj_normalizer * (best - objectness)
            return torch.where(ignored, torch.maximum(delta, softer), delta)
        return delta.masked_fill(ignored, 0)

    def _pull_objectness(self, hits: Hits, pairs: Assignment) -> None:
        """With objectness_smooth=1 the first truth of a cell decides its objectness.

        Cells whose objectness has a delta already keep that one.
        """
        if not self.o.objectness_smooth:
            super()._pull_objectness(hits, pairs)
            return
        entry = self.cells.coords
        unasked = self.sheet.flat[self.sheet.index(hits.cell, entry)] == 0
        where = pairs.first & unasked
        self.sheet.put(hits.cell, entry, self._objectness_delta(hits), where)

    def _box_delta(self, hits: Hits) -> Tensor:
        """(E, 4); delta_yolo_box()."""
        if self.o.iou_loss == "mse":
            return self._square_error(hits)
        return self._overlap_gradient(hits)

    def _square_error(self, hits: Hits) -> Tensor:
        """(E, 4): distance from the wanted entries, larger for smaller boxes."""
        truth = hits.truth_box
        wanted = self.cells.wanted(truth, hits.cell)
        scale = (2 - truth[:, 2] * truth[:, 3]) * self.o.iou_normalizer * hits.weights
        return scale[:, None] * (wanted - hits.predicted[:, :4])

    def _overlap_gradient(self, hits: Hits) -> Tensor:
        """(E, 4): gradient of the IoU kind, through exp() for w and h but not through logistic."""
        delta = overlap_gradient(hits, self.o.iou_loss)
        if not self.cells.new_coords:
            raw = hits.predicted[:, 2:4]
            delta = torch.cat((delta[:, :2], delta[:, 2:] * raw.exp()), dim=1)
        delta = delta * (self.o.iou_normalizer * hits.weights)[:, None]
        return bounded(delta, self.o.max_delta)

    def _average_boxes(self, everywhere: bool) -> None:
        """averages_yolo_deltas(): only with iou_thresh, and not where objectness is not asked."""
        if self.o.iou_thresh >= 1:
            return
        cell = self._every_cell() if everywhere else self.hits.cell
        asked = self.sheet.flat[self.sheet.index(cell, self.cells.coords)] != 0
        self._share_boxes(cell, asked)


def overlap_gradient(hits: Hits, kind: str) -> Tensor:
    """Slope of an IoU kind at the predicted boxes, (E, 4) dx dy dw dh; sides of 0 count as 1."""
    predicted = hits.predicted_box
    sizes = predicted[:, 2:]
    predicted = torch.cat((predicted[:, :2], torch.where(sizes == 0, 1.0, sizes)), dim=1)
    return BOX_GRADIENTS[kind](predicted, hits.truth_box)


def bounded(delta: Tensor, limit: float | None) -> Tensor:
    """Deltas without what is not finite and, with max_delta=, within it."""
    delta = delta.nan_to_num(0.0, 0.0, 0.0)
    return delta if limit is None else delta.clamp(-limit, limit)
