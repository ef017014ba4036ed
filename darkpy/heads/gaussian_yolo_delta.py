"""What [Gaussian_yolo] asks of its boxes and how it counts: Darknet's gaussian_yolo_layer.c."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from darkpy.boxes import giou, iou
from darkpy.heads.delta import Delta
from darkpy.heads.yolo.anchored import AnchorDelta, Hits, confidence, watched
from darkpy.heads.yolo.delta import bounded, overlap_gradient

_SIZES = slice(4, 8)  # entries of width and height, which the C program calls uncertainty
_SIGMA_FLOOR = 0.3  # added to a deviation where it divides; delta_gaussian_yolo_box()
_DENSITY_TINY = 1e-9  # added to the density where it divides, same place


class GaussianDelta(AnchorDelta):
    """The deltas of [Gaussian_yolo]."""

    def result(self) -> Delta:
        """Squared deltas by part; end of forward_gaussian_yolo_layer()."""
        delta, coords = self.sheet.delta, self.cells.coords
        overlap = iou if self.o.iou_loss == "mse" else giou  # what it calls IoU while it trains
        seen = watched(overlap(self.hits.predicted_box, self.hits.truth_box), self.pairs)
        squares = delta.square()
        return Delta(
            delta=delta.flatten(1, 2),
            parts={
                "box": squares[:, :, :coords].sum(),
                "objectness": squares[:, :, coords].sum(),
                "classes": squares[:, :, coords + 1 :].sum(),
            },
            watched=seen
            | {
                "uncertainty": squares[:, :, 1:coords:2].sum(),
                "sizes": squares[:, :, _SIZES].sum(),
            }
            | self._confidence(),
            owners=self._owners(),
        )

    def _confidence(self) -> dict[str, Tensor]:
        """How sure the boxes are that answer for truths, and all together."""
        hits, objectness = self.hits, self.cells.objectness
        own = hits.predicted[:, self._classes].gather(1, hits.classes[:, None])[:, 0]
        return confidence(objectness, objectness.flatten()[hits.cell], own, hits.taken)

    def _stray_objectness(self, best: Tensor) -> Tensor:
        o, objectness = self.o, self.cells.objectness
        delta = o.obj_normalizer * (0 - objectness)
        ignored = best > o.ignore_thresh
        if o.objectness_smooth:
            return torch.where(ignored, o.obj_normalizer * (best * best - objectness), delta)
        return delta.masked_fill(ignored, 0)

    def _stray_classes(self, best: Tensor, best_truth: Tensor) -> Tensor | None:
        """With objectness_smooth a good stray box is also told its class."""
        if not self.o.objectness_smooth:
            return None
        good = best > self.o.ignore_thresh
        hits = self._hits(self._every_cell(), good, best_truth)
        self._put_classes(hits, self._first_classes(hits), hits.taken)
        return good

    def _box_delta(self, hits: Hits) -> Tensor:
        """(E, 8): means and deviations in turn; delta_gaussian_yolo_box()."""
        means, sigmas = hits.predicted[:, 0:8:2], hits.predicted[:, 1:8:2]
        truth = hits.truth_box
        distance = (self.cells.wanted(truth, hits.cell) - means) / sigmas
        density = torch.exp(-distance.square() / 2)
        density = density / (math.sqrt(2 * math.pi) * (sigmas + _SIGMA_FLOOR))
        scale = (2 - truth[:, 2] * truth[:, 3])[:, None]
        share = 0.5 * density / (density + _DENSITY_TINY) * scale
        if self.o.iou_loss == "mse":
            pull = share * distance / sigmas
        else:
            pull = self._overlap_gradient(hits)
        spread = share * (distance.square() / sigmas - 1 / (sigmas + _SIGMA_FLOOR))
        pull = pull * (self.o.iou_normalizer * hits.weights)[:, None]
        spread = spread * self.o.uc_normalizer
        delta = torch.stack((pull, spread), dim=2).flatten(1)
        return bounded(delta, self.o.max_delta)

    def _overlap_gradient(self, hits: Hits) -> Tensor:
        """(E, 4): gradient of the IoU kind at the point the cell answers for."""
        slope = overlap_gradient(hits, self.o.iou_loss)
        centre, size = slope[:, :2], slope[:, 2:]
        centre = centre + self.cells.offset * size
        return torch.cat((centre, size * hits.predicted[:, 4:8:2].exp()), dim=1)

    def _average_boxes(self, everywhere: bool) -> None:
        """averages_gaussian_yolo_deltas(): always, and wherever a cell has class deltas."""
        self._share_boxes(self._every_cell() if everywhere else self.hits.cell)
