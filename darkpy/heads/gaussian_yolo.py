"""[Gaussian_yolo]: a yolo head that also says how sure it is of each coordinate.

arXiv:1904.04620; deltas and decoding of Darknet's gaussian_yolo_layer.c.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from darkpy.heads.base import Candidates, Hw, Moment, Truths
from darkpy.heads.delta import Delta
from darkpy.heads.gaussian_yolo_delta import GaussianDelta
from darkpy.heads.yolo.cells import Cells
from darkpy.heads.yolo.head import AnchorHead
from darkpy.layers.base import LAYERS

# How far the point that a cell answers for is from the centre, in sides of the box.
POINT_OFFSETS = {"center": 0.0, "left_top": -0.5, "right_bottom": 0.5}


@dataclass(frozen=True)
class GaussianCells(Cells):
    """Entries x, y, w, h each followed by their deviation. offset: of the point, see above."""

    offset: float

    coords = 8

    def boxes(self) -> Tensor:
        """Predicted boxes (B, A, H, W, 4) cxcywh, unit square; get_gaussian_yolo_box()."""
        x = self.x
        return self._moved(self._boxes(x[:, :, 0], x[:, :, 2], x[:, :, 4], x[:, :, 6]))

    def boxes_of(self, entries: Tensor, anchor: Tensor, row: Tensor, column: Tensor) -> Tensor:
        return self._moved(super().boxes_of(entries[::2], anchor, row, column))

    def probs_of(self, entries: Tensor, classes: Tensor) -> Tensor:
        """Scaled by 1 - the mean deviation."""
        return classes * (1 - entries[1::2].mean(dim=0))[:, None]

    def _moved(self, boxes: Tensor) -> Tensor:
        """Boxes (..., 4) whose predicted point becomes their centre."""
        if not self.offset:
            return boxes
        centres = boxes[..., :2] - self.offset * boxes[..., 2:]
        return torch.cat((centres, boxes[..., 2:]), dim=-1)

    def points(self, boxes: Tensor) -> Tensor:
        return boxes[..., :2] + self.offset * boxes[..., 2:]

    def uncertainty(self) -> Tensor:
        """Mean deviation of the coordinates, (B, A, H, W)."""
        return self.x[:, :, 1 : self.coords : 2].mean(dim=2)


@LAYERS("Gaussian_yolo")
class GaussianYolo(AnchorHead):
    """(B, A*(9+K), H, W) -> the same shape, activated.

    Per anchor x, y, w, h, each followed by its deviation, then objectness and classes. x and y
    are logistic and stretched by scale_x_y about the middle of the cell, w and h raw, the rest
    logistic. A detection's probabilities are scaled by 1 - the mean deviation.
    """

    steady = True

    def forward(self, raw: Tensor) -> Tensor:
        stretch = self.options.scale_x_y
        x = self._by_anchor(raw)
        means, rest = x[:, :, 0:8:2], x[:, :, 8:]
        deviations = torch.sigmoid(x[:, :, 1:8:2])
        xy = torch.sigmoid(means[:, :, :2]) * stretch - 0.5 * (stretch - 1)
        means = torch.cat((xy, means[:, :, 2:]), dim=2)
        box = torch.stack((means, deviations), dim=3).flatten(2, 3)
        return torch.cat((box, torch.sigmoid(rest)), dim=2).flatten(1, 2)

    def delta(self, output: Tensor, truths: Truths, net_hw: Hw, moment: Moment) -> Delta:
        cells = self.cells(output.float(), net_hw)
        pull = GaussianDelta(self.options, cells, self._trained_on(truths), self.class_weights)
        pull.fill()
        return pull.result()

    def decode(self, output: Tensor, net_hw: Hw) -> Candidates:
        """As every anchor head; get_gaussian_yolo_detections() lets the unsure ones count less."""
        found = super().decode(output, net_hw)
        sure = 1 - self.cells(output, net_hw).uncertainty().flatten(1)
        return replace(found, probs=found.probs * sure[..., None])

    def _over(self, x: Tensor, net_hw: Hw) -> GaussianCells:
        return GaussianCells(
            x=x,
            anchors=self._anchors(net_hw),
            mask=self.mask,
            offset=POINT_OFFSETS[self.options.yolo_point],
        )
