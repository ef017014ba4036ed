"""[retina]: the detection head of RetinaNet, arXiv:1708.02002."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from darkpy.heads.base import Hw, Moment, Suppression
from darkpy.heads.scales import GroupOutput, Numbers, ScaleHead, picture_shares
from darkpy.layers.base import LAYERS, Layer
from darkpy.layers.convolutional import Convolutional
from darkpy.losses.anchors import grid_anchors
from darkpy.losses.focal import Focal
from darkpy.losses.matching import AnchorMatches, banded
from darkpy.losses.offsets import boxes_at, offsets_from
from darkpy.losses.regression import OVERLAP_LOSSES, l1_loss, smooth_l1_loss
from darkpy.sections.base import Plan
from darkpy.sections.retina import COORDS


@LAYERS("retina")
class Retina(ScaleHead):
    """(B, A*(4+K), H, W) -> the same; the scores of an anchor are those of K classes, logits."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        o = self.options
        shapes = torch.tensor(o.shapes, dtype=torch.float32).view(-1, 2)
        self.register_buffer("shapes_px", shapes, persistent=False)  # (A, 2) width, height
        self.focal = Focal(o.alpha, o.gamma)
        self._box_loss, self._knee = o.box_loss_kind

    def link(self, layers: Sequence[Layer]) -> None:
        super().link(layers)
        if self.options.prior:
            self._begin_unlikely(layers)

    def anchors(self, grid_hw: Hw, net_hw: Hw) -> Tensor:
        """Cells are a whole number of pixels apart, however the map divides the input."""
        (height, width), (rows, columns) = net_hw, grid_hw
        shapes = torch.stack((self.shapes_px[:, 0] / width, self.shapes_px[:, 1] / height), dim=1)
        step_hw = (height // rows) / height, (width // columns) / width
        return grid_anchors(shapes, grid_hw, step_hw, self.options.offset)

    def matched(self, table: Tensor) -> AnchorMatches:
        o = self.options
        return banded(table, o.match_thresh, o.ignore_thresh, forced=o.forced)

    def probabilities(self, scores: Tensor) -> Tensor:
        return scores.sigmoid()

    def cost(self, said: GroupOutput, moment: Moment) -> tuple[Numbers, Numbers]:
        """The focal loss of all anchors that are asked something; the boxes of the positives."""
        o, matches = self.options, said.matches
        number = torch.arange(o.classes, device=said.classes.device)
        wanted = matches.positive[:, :, None] & (said.classes[:, :, None] == number)
        counts = matches.positive | matches.negative
        classes = self.focal.sums(said.scores, wanted, counts)
        boxes = (self._box_cost(said) * matches.positive).sum(dim=1)
        by_picture = o.normalize == "image"
        share = picture_shares(matches.positive.sum(dim=1), moment, by_picture=by_picture)
        parts = {"class": (classes * share).sum(), "box": o.box_weight * (boxes * share).sum()}
        return parts, {"ignored": (~counts).sum()}

    def _box_cost(self, said: GroupOutput) -> Tensor:
        """What the box of each anchor costs, (B, N); nothing reaches it that answers for none."""
        positive = said.matches.positive[:, :, None]
        offsets = torch.where(positive, said.offsets, 0)
        if self._box_loss in OVERLAP_LOSSES:
            height, width = said.net_hw
            placed = boxes_at(offsets, said.anchors, self.variance)
            truths = torch.where(positive, said.boxes, said.anchors)
            pairs = (_in_px(boxes, width, height) for boxes in (placed, truths))
            return OVERLAP_LOSSES[self._box_loss](*pairs)
        wanted = offsets_from(said.boxes, said.anchors, self.variance)
        wanted = torch.where(positive, wanted, 0)
        if self._box_loss == "smooth":
            return smooth_l1_loss(offsets, wanted, self._knee)
        return l1_loss(offsets, wanted)

    def limited(self, probs: Tensor, thresh: float) -> Tensor:
        """The pre_nms= likeliest candidates of each picture, a box and a class each."""
        flat, count = probs.flatten(1), self.options.pre_nms
        if not count or count >= flat.shape[1]:
            return probs
        values, places = flat.topk(count, dim=1)
        return torch.zeros_like(flat).scatter_(1, places, values).view(probs.shape)

    def _begin_unlikely(self, layers: Sequence[Layer]) -> None:
        """Biases of the scores that make every class as likely as prior= says."""
        o, before = self.options, layers[self.plan.sources[0]]
        while before.plan.kind == "route":
            before = layers[before.plan.sources[0]]
        if not isinstance(before, Convolutional):
            return
        biases = (before.owner.conv if before.owner.norm is None else before.owner.norm).bias
        with torch.no_grad():
            rows = biases.view(-1) if o.layout == "split" else biases.view(o.num, -1)[:, COORDS:]
            scores = rows[: o.num * o.classes] if o.layout == "split" else rows
            scores.fill_(-math.log((1 - o.prior) / o.prior))

    def _suppression(self) -> Suppression:
        o = self.options
        return Suppression(threshold=o.nms, least=o.thresh, kept=o.max_dets)


def _in_px(boxes: Tensor, width: int, height: int) -> Tensor:
    """Boxes (..., 4) of the unit square: their shapes count in some losses."""
    x, y, w, h = boxes.unbind(-1)
    return torch.stack((x * width, y * height, w * width, h * height), dim=-1)
