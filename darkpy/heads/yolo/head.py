"""[yolo]: the detection head of YOLOv3, v4 and v7, with the deltas of Darknet's yolo_layer.c."""

from __future__ import annotations

import torch
from torch import Tensor

from darkpy.cfg.beside import named_file, read_map
from darkpy.heads.base import (
    BoxesAbove,
    Candidates,
    DetectingHead,
    Hw,
    Moment,
    Suppression,
    Truths,
)
from darkpy.heads.delta import Delta, DeltaHead
from darkpy.heads.yolo.cells import Cells
from darkpy.heads.yolo.delta import YoloCells, YoloDelta
from darkpy.layers.base import LAYERS
from darkpy.losses.classes import multipliers
from darkpy.sections.base import Plan

_COORDS = Cells.coords


class AnchorHead(DeltaHead, DetectingHead):
    """What [yolo] and [Gaussian_yolo] share: (B, A*F, H, W) in and out, F entries an anchor."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        o = self.options
        pairs = torch.tensor(o.all_anchors, dtype=torch.float32).view(-1, 2)
        self.register_buffer("anchors_px", pairs, persistent=False)  # (N, 2) width, height
        self.register_buffer("mask", torch.tensor(o.own_mask), persistent=False)  # (A,)
        weights = multipliers(o.counters_per_class, o.max_delta) if o.counters_per_class else None
        self.register_buffer(
            "class_weights",
            None if weights is None else torch.tensor(weights),
            persistent=False,
        )
        self.register_buffer("class_map", class_map(plan), persistent=False)
        self.suppression = Suppression(o.nms_kind, o.beta_nms)

    def decode(self, output: Tensor, net_hw: Hw) -> Candidates:
        cells = self.cells(output, net_hw)
        return Candidates(
            boxes=cells.boxes().flatten(1, -2),
            objectness=cells.x[:, :, cells.coords].flatten(1),
            probs=cells.probs.movedim(2, -1).flatten(1, -2),
        )

    def offered(self, output: Tensor, net_hw: Hw, thresh: float) -> BoxesAbove:
        """Only the cells above the threshold are looked at any further."""
        x = self._by_anchor(output)
        cells = self._over(x, net_hw)
        objectness = x[:, :, cells.coords]
        place = (objectness > thresh).nonzero(as_tuple=True)
        picture, anchor, row, column = place
        entries = x.permute(0, 1, 3, 4, 2)[place]  # (R, F)
        own = entries[:, : cells.coords].T.contiguous()
        a, h, w = objectness.shape[1:]
        return BoxesAbove(
            count=a * h * w,
            picture=picture,
            number=(anchor * h + row) * w + column,
            boxes=cells.boxes_of(own, anchor, row, column),
            objectness=entries[:, cells.coords],
            probs=cells.probs_of(own, entries[:, cells.coords + 1 :]),
            finite=objectness.isfinite().all(),
        )

    @property
    def delta_scale(self) -> float:
        return self.options.delta_normalizer

    def cells(self, output: Tensor, net_hw: Hw) -> Cells:
        """Output of `forward` as a grid, each entry in one piece."""
        return self._over(self._by_anchor(output).contiguous(), net_hw)

    def _over(self, x: Tensor, net_hw: Hw) -> Cells:
        """The grid of activated entries (B, A, F, H, W)."""
        raise NotImplementedError

    def _trained_on(self, truths: Truths) -> Truths:
        o = self.options
        return truths.first(o.max).of(o.classes, self.class_map)

    def _by_anchor(self, x: Tensor) -> Tensor:
        """(B, A*F, H, W) -> (B, A, F, H, W)."""
        b, c, h, w = x.shape
        a = len(self.mask)
        return x.reshape(b, a, c // a, h, w)

    def _anchors(self, net_hw: Hw) -> Tensor:
        """(N, 2) wh in the unit square of the network's input."""
        height, width = net_hw
        return torch.stack((self.anchors_px[:, 0] / width, self.anchors_px[:, 1] / height), 1)


def class_map(plan: Plan) -> Tensor | None:
    """The numbers of map=, or None without one."""
    o = plan.options
    if not o.map:
        return None
    return torch.tensor(read_map(named_file(o.map, plan.section.source), o.classes))


@LAYERS("yolo")
class Yolo(AnchorHead):
    """(B, A*(5+K), H, W) -> the same shape, activated; per anchor x, y, w, h, objectness, classes.

    x and y are logistic and stretched by scale_x_y about the middle of the cell, w and h raw,
    the rest logistic; with new_coords=1 the layer before is logistic already.
    """

    steady = True

    def forward(self, raw: Tensor) -> Tensor:
        o = self.options
        x = self._by_anchor(raw)
        xy, wh, rest = x[:, :, :2], x[:, :, 2:_COORDS], x[:, :, _COORDS:]
        if not o.new_coords:
            xy, rest = torch.sigmoid(xy), torch.sigmoid(rest)
        xy = xy * o.scale_x_y - 0.5 * (o.scale_x_y - 1)
        return torch.cat((xy, wh, rest), dim=2).flatten(1, 2)

    def delta(self, output: Tensor, truths: Truths, net_hw: Hw, moment: Moment) -> Delta:
        cells = self.cells(output.float(), net_hw)
        pull = YoloDelta(self.options, cells, self._trained_on(truths), self.class_weights)
        pull.fill()
        if self.rejection is not None:
            delta = pull.sheet.delta
            delta.copy_(self.rejection(delta, moment.iteration, cells.x.shape[2]))
        return pull.result(moment)

    def _over(self, x: Tensor, net_hw: Hw) -> YoloCells:
        return YoloCells(
            x=x,
            anchors=self._anchors(net_hw),
            mask=self.mask,
            new_coords=self.options.new_coords,
        )
