"""[cost]: the loss between the layer before and the wanted values; cost_layer.c."""

from __future__ import annotations

import torch
from torch import Tensor

from darkpy.errors import CfgError
from darkpy.heads.base import Head, HeadLoss, Moment, Truths, Wanted
from darkpy.layers.base import LAYERS

HIDDEN = -1234.0  # SECRET_NUM: a wanted value that nothing is asked for


def class_loss(cost: Tensor, delta: Tensor, watched: dict[str, Tensor]) -> HeadLoss:
    """The loss of a head without boxes: all of it counts as `classes`."""
    zero = cost.new_zeros(())
    none = {"count": zero, "iou": zero}
    return HeadLoss(box=zero, objectness=zero, classes=cost, watched=none | watched, delta=delta)


def values_like(head: Head, output: Tensor, truths: Truths | Wanted) -> Tensor:
    """The wanted values in the shape of `output`. CfgError where there are boxes instead."""
    if isinstance(truths, Wanted):
        return truths.values.to(output.dtype).view(output.shape)
    section = head.plan.section
    raise CfgError.at(
        section.source,
        section.line,
        f"[{section.kind}] is trained on classes of whole pictures, but the training has boxes; "
        "[yolo] and its like train on boxes, and noloss=1 makes a [softmax] part of the network",
    )


@LAYERS("cost")
class Cost(Head):
    """(B, C, H, W) -> the same: what is compared."""

    truth = Wanted

    def forward(self, x: Tensor) -> Tensor:
        return x

    @property
    def delta_scale(self) -> float:
        return self.options.scale

    @torch.no_grad()
    def loss(
        self, output: Tensor, truths: Truths | Wanted, net_hw: tuple[int, int], moment: Moment
    ) -> HeadLoss:
        """Sum of squares, or (type=smooth) of what grows linearly from a distance of 1 on."""
        wanted = values_like(self, output, truths)
        difference = wanted - output
        if self.options.type == "masked":
            difference = difference.masked_fill(wanted == HIDDEN, 0)
        if self.options.type != "smooth":
            return class_loss(difference.square().sum(), difference, {})
        size = difference.abs()
        error = torch.where(size < 1, difference.square(), 2 * size - 1)
        return class_loss(error.sum(), difference.clamp(-1, 1), {})
