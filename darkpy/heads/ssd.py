"""[ssd]: the detection head of SSD, arXiv:1512.02325, with GluonCV's and torchvision's variants."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from darkpy.heads.base import Hw, Moment, Suppression
from darkpy.heads.scales import GroupOutput, Numbers, ScaleHead, picture_shares
from darkpy.layers.base import LAYERS
from darkpy.losses.anchors import grid_anchors, within
from darkpy.losses.focal import Focal
from darkpy.losses.matching import AnchorMatches, best_anchors, bipartite
from darkpy.losses.mining import hardest
from darkpy.losses.offsets import offsets_from
from darkpy.sections.base import Plan

_TINY = 1e-12  # keeps powers of 0 and their slopes finite
_DARKNETS = Focal(alpha=0.5, gamma=2.0)  # half of (1-p)^2 times the cross-entropy
_WAYS = {"bipartite": bipartite, "best": best_anchors}


@LAYERS("ssd")
class Ssd(ScaleHead):
    """(B, A*(5+K), H, W) -> the same; the scores of an anchor are the background's and K classes'.

    With score=sigmoid (B, A*(4+K), H, W), without a background.
    """

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        shapes = torch.tensor(self.options.shapes, dtype=torch.float32).view(-1, 2)
        self.register_buffer("shapes_px", shapes, persistent=False)  # (A, 2) width, height
        o = self.options
        self.focal = (Focal.given(o.alpha, o.gamma) or _DARKNETS) if o.focal_loss else None

    def anchors(self, grid_hw: Hw, net_hw: Hw) -> Tensor:
        o, (height, width) = self.options, net_hw
        shapes = torch.stack((self.shapes_px[:, 0] / width, self.shapes_px[:, 1] / height), dim=1)
        if o.clip_anchors == "sizes":
            shapes = shapes.clamp(max=1)
        step_hw = 1 / grid_hw[0], 1 / grid_hw[1]
        if o.step:
            step_hw = o.step / height, o.step / width
        anchors = grid_anchors(shapes, grid_hw, step_hw, o.offset)
        return within(anchors, 0, 1) if o.clip_anchors == "1" else anchors

    def matched(self, table: Tensor) -> AnchorMatches:
        o = self.options
        matches = _WAYS[o.match](table, o.match_thresh)
        return matches.sparing(matches.overlap >= o.neg_thresh) if o.neg_thresh < 1 else matches

    def probabilities(self, scores: Tensor) -> Tensor:
        o = self.options
        probs = scores.sigmoid() if o.score == "sigmoid" else scores.softmax(dim=-1)[..., 1:]
        if o.decode == "class":
            return probs
        likeliest = probs.argmax(dim=-1, keepdim=True)
        number = torch.arange(o.classes, device=probs.device)
        return torch.where(number == likeliest, probs, 0)

    def cost(self, said: GroupOutput, moment: Moment) -> tuple[Numbers, Numbers]:
        """The classes of the positives and of the negatives that count, the positives' boxes."""
        o, matches = self.options, said.matches
        positives = matches.positive.sum(dim=1)
        each = self._class_cost(said)
        negative = matches.negative
        if self.focal is None:
            wanted = (o.neg_ratio * positives).long()
            negative = hardest(each.detach(), negative, wanted)
        offsets = offsets_from(said.boxes, said.anchors, self.variance)
        offsets = torch.where(matches.positive[:, :, None], offsets, said.offsets.detach())
        boxes = F.smooth_l1_loss(said.offsets, offsets, reduction="none").sum(dim=2)
        boxes = (boxes * matches.positive).sum(dim=1)
        classes = (each * (matches.positive | negative)).sum(dim=1)
        share = picture_shares(positives, moment, by_picture=o.normalize == "sample")
        parts = {"class": (classes * share).sum(), "box": o.loc_weight * (boxes * share).sum()}
        return parts, {"negatives": negative.sum()}

    def _class_cost(self, said: GroupOutput) -> Tensor:
        """What each anchor's scores cost, (B, N), as background where it answers for nothing."""
        positive, classes = said.matches.positive, said.classes
        if self.options.score == "softmax":
            wanted = torch.where(positive, classes + 1, 0)
            logs = said.scores.log_softmax(dim=2).gather(2, wanted[:, :, None])[:, :, 0]
            if self.focal is None:
                return -logs
            faded = (1 - logs.exp()).clamp(min=_TINY).pow(self.focal.gamma)
            return -self.focal.weights(positive) * faded * logs
        number = torch.arange(self.options.classes, device=classes.device)
        wanted = positive[:, :, None] & (classes[:, :, None] == number)
        wanted = wanted.to(said.scores.dtype)
        if self.focal is not None:
            return self.focal.loss(said.scores, wanted).sum(dim=2)
        each = F.binary_cross_entropy_with_logits(said.scores, wanted, reduction="none")
        return each.sum(dim=2)

    def _suppression(self) -> Suppression:
        o = self.options
        return Suppression(
            threshold=o.nms,
            least=o.thresh,
            compared=o.pre_nms,
            by_class=o.pre_nms_per == "class",
            kept=o.post_nms,
        )
