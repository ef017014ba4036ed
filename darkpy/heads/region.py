"""[region]: the detection head of YOLOv2 and YOLO9000; Darknet's region_layer.c."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from darkpy.cfg.beside import named_file, read_tree
from darkpy.heads.base import Candidates, DetectingHead, Hw, Moment, Truths
from darkpy.heads.delta import Delta, DeltaHead
from darkpy.heads.region_delta import RegionDelta
from darkpy.heads.yolo.cells import Cells
from darkpy.heads.yolo.head import class_map
from darkpy.layers.base import LAYERS
from darkpy.losses.tree import ClassTree
from darkpy.sections.base import Plan

WEAK = 0.5  # with classfix=-1 a smaller objectness is none; get_region_boxes()
_TINY = 1e-12  # keeps the division by an objectness of 0 finite
SURE = 0.5  # a tree's answer is the last class above it; get_region_boxes()


@dataclass(frozen=True)
class RegionCells(Cells):
    """x and y stay raw in the output; anchors are given in cells."""

    def boxes(self) -> Tensor:
        """Predicted boxes (B, A, H, W, 4) cxcywh, unit square; get_region_box()."""
        xy = torch.sigmoid(self.x[:, :, :2])
        return self._boxes(xy[:, :, 0], xy[:, :, 1], self.x[:, :, 2], self.x[:, :, 3])


@LAYERS("region")
class Region(DeltaHead, DetectingHead):
    """(B, A*(5+K), H, W) -> the same shape; per anchor x, y, w, h, objectness, classes.

    The box is raw, objectness logistic; classes are a softmax (softmax=1), one for each group of
    siblings (tree=), else raw.
    """

    def __init__(self, plan: Plan) -> None:
        """CfgError where the tree or the map file cannot be read."""
        super().__init__(plan)
        o = self.options
        pairs = torch.tensor(o.all_anchors, dtype=torch.float32).view(-1, 2)
        self.register_buffer("anchors_cells", pairs, persistent=False)  # (A, 2) width, height
        self.register_buffer("mask", torch.arange(o.num), persistent=False)
        self.register_buffer("class_map", class_map(plan), persistent=False)
        source = plan.section.source
        self.tree = ClassTree(read_tree(named_file(o.tree, source))) if o.tree else None

    def forward(self, raw: Tensor) -> Tensor:
        x = self._by_anchor(raw)
        box, objectness, classes = x[:, :, :4], x[:, :, 4:5], x[:, :, 5:]
        if self.tree is not None:
            classes = self.tree.softmax(classes, dim=2)
        elif self.options.softmax:
            classes = classes.softmax(dim=2)
        return torch.cat((box, torch.sigmoid(objectness), classes), dim=2).flatten(1, 2)

    def darknet_output(self, output: Tensor) -> Tensor:
        """Darknet keeps this layer's output cell by cell: (B, H, W, A, F)."""
        return self._by_anchor(output).permute(0, 3, 4, 1, 2)

    def delta(self, output: Tensor, truths: Truths, net_hw: Hw, moment: Moment) -> Delta:
        o = self.options
        truths = truths.first(o.max).of(o.classes, self.class_map)
        pull = RegionDelta(o, self.cells(output.float()), truths, self.tree)
        pull.fill(moment.seen)
        return pull.result()

    def decode(self, output: Tensor, net_hw: Hw) -> Candidates:
        """As get_region_boxes() has it: without a tree only objectness times class counts."""
        cells = self.cells(output)
        objectness = cells.x[:, :, cells.coords]
        if self.options.classfix == -1:
            objectness = torch.where(objectness < WEAK, 0, objectness)
        if self.tree is None:
            probs, objectness = objectness[:, :, None] * cells.probs, torch.ones_like(objectness)
        else:
            # Its answer stands as it is where the objectness is above the threshold.
            probs = self._answers(cells.probs) / objectness[:, :, None].clamp(min=_TINY)
        return Candidates(
            boxes=cells.boxes().flatten(1, -2),
            objectness=objectness.flatten(1),
            probs=probs.movedim(2, -1).flatten(1, -2),
        )

    def cells(self, output: Tensor) -> RegionCells:
        """Output of `forward` as a grid."""
        x = self._by_anchor(output).contiguous()
        height, width = x.shape[-2:]
        anchors = self.anchors_cells
        anchors = torch.stack((anchors[:, 0] / width, anchors[:, 1] / height), dim=1)
        return RegionCells(x=x, anchors=anchors, mask=self.mask)

    def _answers(self, conditional: Tensor) -> Tensor:
        """(B, A, K, H, W): the one class that a tree answers with, by its own probability."""
        absolute = self.tree.absolute(conditional, dim=2)
        number = torch.arange(1, self.tree.classes + 1, device=absolute.device)
        number = number[:, None, None] * (absolute > SURE)
        last = number.amax(dim=2, keepdim=True)
        return torch.where((number == last) & (last > 0), absolute, 0)

    def _by_anchor(self, x: Tensor) -> Tensor:
        """(B, A*F, H, W) -> (B, A, F, H, W)."""
        b, c, h, w = x.shape
        a = self.options.num
        return x.reshape(b, a, c // a, h, w)
