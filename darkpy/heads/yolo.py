"""[yolo]: the detection head of YOLOv3, v4 and v7, with the deltas of Darknet's yolo_layer.c."""

from __future__ import annotations

import torch
from torch import Tensor

from darkpy.heads.base import Candidates, Head, HeadLoss, Truths
from darkpy.heads.yolo_delta import Cells, YoloDelta
from darkpy.layers.base import LAYERS
from darkpy.losses.classes import multipliers
from darkpy.sections.base import Plan
from darkpy.sections.yolo import COORDS


@LAYERS("yolo")
class Yolo(Head):
    """(B, A*(5+K), H, W) -> the same shape, activated; per anchor x, y, w, h, objectness, classes.

    x and y are logistic and stretched by scale_x_y about the middle of the cell, w and h raw,
    the rest logistic; with new_coords=1 the layer before is logistic already.
    """

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        o = self.options
        pairs = torch.tensor(o.anchors[: 2 * o.num], dtype=torch.float32).view(-1, 2)
        self.register_buffer("anchors_px", pairs, persistent=False)  # (N, 2) width, height
        self.register_buffer("mask", torch.tensor(o.own_mask), persistent=False)  # (A,)
        weights = multipliers(o.counters_per_class, o.max_delta) if o.counters_per_class else None
        self.register_buffer(
            "class_weights",
            None if weights is None else torch.tensor(weights),
            persistent=False,
        )

    def forward(self, raw: Tensor) -> Tensor:
        o = self.options
        x = self._by_anchor(raw)
        xy, wh, rest = x[:, :, :2], x[:, :, 2:COORDS], x[:, :, COORDS:]
        if not o.new_coords:
            xy, rest = torch.sigmoid(xy), torch.sigmoid(rest)
        xy = xy * o.scale_x_y - 0.5 * (o.scale_x_y - 1)
        return torch.cat((xy, wh, rest), dim=2).flatten(1, 2)

    def decode(self, output: Tensor, net_hw: tuple[int, int]) -> Candidates:
        cells = self._cells(output, net_hw)
        return Candidates(
            boxes=cells.boxes().flatten(1, -2),
            objectness=cells.x[:, :, COORDS].flatten(1),
            probs=cells.x[:, :, COORDS + 1 :].movedim(2, -1).flatten(1, -2),
        )

    @property
    def delta_scale(self) -> float:
        return self.options.delta_normalizer

    @torch.no_grad()
    def loss(self, output: Tensor, truths: Truths, net_hw: tuple[int, int]) -> HeadLoss:
        cells = self._cells(output.float(), net_hw)
        known = (truths.classes >= 0) & (truths.classes < self.options.classes)
        kept = Truths(truths.boxes, truths.classes, truths.valid & known)
        return YoloDelta(self.options, cells, kept, self.class_weights).loss()

    def _by_anchor(self, x: Tensor) -> Tensor:
        """(B, A*(5+K), H, W) -> (B, A, 5+K, H, W)."""
        b, c, h, w = x.shape
        a = len(self.mask)
        return x.view(b, a, c // a, h, w)

    def _cells(self, output: Tensor, net_hw: tuple[int, int]) -> Cells:
        height, width = net_hw
        anchors = torch.stack((self.anchors_px[:, 0] / width, self.anchors_px[:, 1] / height), 1)
        return Cells(
            x=self._by_anchor(output).contiguous(),
            anchors=anchors,
            mask=self.mask,
            new_coords=self.options.new_coords,
        )
