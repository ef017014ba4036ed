"""[contrastive]: embeddings of the same thing are trained to be alike, of others to differ.

forward_contrastive_layer(), Darknet's softmax_layer.c.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from darkpy.heads.base import Hw, Moment, Truths, Wanted
from darkpy.heads.cost import values_like
from darkpy.heads.delta import Delta, DeltaHead
from darkpy.heads.yolo.sheet import Sheet
from darkpy.layers.base import LAYERS, Layer
from darkpy.losses import contrastive
from darkpy.sections.base import Plan


@dataclass(frozen=True)
class Samples:
    """N embedded things, in the order of their cells, of which `valid` (N,) count.

    cell (N,): number on the embedding's grid, label (N,): the same for the same thing, kind (N,):
    only things of one kind are compared, step (N,): only within a step of time.
    """

    valid: Tensor
    cell: Tensor
    label: Tensor
    kind: Tensor
    step: Tensor

    def same(self, values: Tensor) -> Tensor:
        """Which two different samples agree in `values` (N,), (N, N) bool."""
        number = torch.arange(len(values), device=values.device)
        both = self.valid[:, None] & self.valid & (number[:, None] != number)
        return both & (values[:, None] == values)


@LAYERS("contrastive")
class Contrastive(DeltaHead):
    """(B, A*S, H, W) -> the same: an embedding of S values for each of A anchors of each cell.

    With yolo_layer= the objects of that head are compared by their tracks, class by class, else
    whole pictures (A=1) by their classes.
    """

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        o = self.options
        self.yolo_index = o.yolo_layer + plan.index if o.yolo_layer < 0 else o.yolo_layer
        self.anchors = 1

    def link(self, layers: Sequence[Layer]) -> None:
        if self.options.yolo_layer:
            self.anchors = len(layers[self.yolo_index].options.own_mask)

    def forward(self, x: Tensor) -> Tensor:
        return x

    def delta(self, output: Tensor, truths: Truths | Wanted, net_hw: Hw, moment: Moment) -> Delta:
        o = self.options
        samples = self._objects(output, moment) if o.yolo_layer else self._pictures(output, truths)
        b, _, h, w = output.shape
        sheet = Sheet(output.reshape(b, self.anchors, -1, h, w))
        z = sheet.rows(output.reshape(-1), samples.cell)
        z = torch.where(samples.valid[:, None], z, 0)
        same, pairs = samples.same(samples.label), samples.same(samples.kind)
        pairs = pairs & samples.same(samples.step)
        others = same.sum(dim=1)
        sim = torch.where(pairs, contrastive.likeness(z), 0)
        share = contrastive.shares(sim, pairs, o.temperature, capped=bool(o.yolo_layer))
        if o.yolo_layer:
            pulls = (1 - share) * (same & pairs)
            unlike = samples.same(samples.kind) & ~same
            times = contrastive.repeats(unlike, unlike & pairs, others, o.contrastive_neg_max)
        else:
            pulls = (1 - share) * same
            times = (others[:, None] - same.long()).clamp(min=0)
        weights = pulls - times * share
        delta = contrastive.pull(z, sim, weights, others, o.temperature) * o.cls_normalizer
        if o.max_delta is not None:
            delta = delta.clamp(-o.max_delta, o.max_delta)
        sheet.put_rows(samples.cell, slice(None), delta, samples.valid)
        good, compared = contrastive.accuracy(sim, pairs, same)
        delta = sheet.delta.view(output.shape)
        watched = {"alike": good, "compared": compared}
        return Delta(delta, {"classes": delta.square().sum()}, watched)

    def _objects(self, output: Tensor, moment: Moment) -> Samples:
        """The objects with a track that the yolo head has given a cell."""
        owners = moment.earlier[self.yolo_index].owners
        valid = owners.taken & (owners.tracks >= 0)
        b, _, h, w = output.shape
        anchors = self.anchors
        per_picture = anchors * h * w
        # An object has at most one cell, so one in A pairs can count.
        nowhere = b * per_picture
        order = torch.where(valid, owners.cell, nowhere).argsort()[: len(valid) // anchors]
        cell = owners.cell[order]
        per_step = max(1, b // max(1, self.plan.net.time_steps))
        return Samples(
            valid=valid[order],
            cell=cell,
            label=owners.tracks[order],
            kind=owners.classes[order],
            step=cell // per_picture // per_step,
        )

    def _pictures(self, output: Tensor, truths: Truths | Wanted) -> Samples:
        """Whole pictures: their last class above label_smooth_eps, else they come in pairs."""
        b = len(output)
        # values_like() complains about boxes; its shape is that of the classes here.
        wanted = values_like(self, output.new_zeros(b, self.options.classes), truths)
        classes = torch.arange(1, wanted.shape[1] + 1, device=output.device)
        last = (classes * (wanted > self.plan.net.label_smooth_eps)).amax(dim=1) - 1
        picture = torch.arange(b, device=output.device)
        per_step = max(1, b // max(1, self.plan.net.time_steps))
        return Samples(
            valid=torch.ones_like(last, dtype=torch.bool),
            cell=picture,
            label=torch.where(last < 0, picture // 2, last),
            kind=torch.zeros_like(last),
            step=picture // per_step,
        )
