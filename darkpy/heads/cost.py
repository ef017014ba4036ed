"""[cost]: the loss between the layer before and the wanted values; cost_layer.c."""

from __future__ import annotations

import torch
from torch import Tensor

from darkpy.errors import CfgError
from darkpy.heads.base import Head, Hw, Moment, Truths, Wanted
from darkpy.heads.delta import Delta, DeltaHead
from darkpy.layers.base import LAYERS

HIDDEN = -1234.0  # SECRET_NUM: a wanted value that nothing is asked for


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
class Cost(DeltaHead):
    """(B, C, H, W) -> the same: what is compared."""

    def forward(self, x: Tensor) -> Tensor:
        return x

    @property
    def delta_scale(self) -> float:
        return self.options.scale

    def delta(self, output: Tensor, truths: Truths | Wanted, net_hw: Hw, moment: Moment) -> Delta:
        """Sum of squares, or (type=smooth) of what grows linearly from a distance of 1 on."""
        wanted = values_like(self, output, truths)
        difference = wanted - output
        if self.options.type == "masked":
            difference = difference.masked_fill(wanted == HIDDEN, 0)
        if self.options.type != "smooth":
            return Delta(difference, {"classes": difference.square().sum()})
        size = difference.abs()
        error = torch.where(size < 1, difference.square(), 2 * size - 1)
        return Delta(difference.clamp(-1, 1), {"classes": error.sum()})
