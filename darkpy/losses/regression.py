"""Box losses by ordinary derivatives: of offsets from anchors, and of the overlap as a whole.

Darknet's own gradients of the IoU family are in `box`; these are the papers', as torchvision has
them.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from darkpy.boxes import aspect_difference, diou, giou, iou

_TINY = 1e-7  # keeps alpha finite for equal boxes


def l1_loss(offsets: Tensor, wanted: Tensor) -> Tensor:
    """Distance of offsets (..., 4), coordinate by coordinate, summed -> (...)."""
    return (offsets - wanted).abs().sum(dim=-1)


def smooth_l1_loss(offsets: Tensor, wanted: Tensor, knee: float) -> Tensor:
    """The same, with a parabola below the knee: arXiv:1504.08083."""
    far = (offsets - wanted).abs()
    return torch.where(far < knee, far.square() / (2 * knee), far - knee / 2).sum(dim=-1)


def giou_loss(boxes: Tensor, wanted: Tensor) -> Tensor:
    """1 - GIoU of boxes (..., 4) cxcywh -> (...): arXiv:1902.09630."""
    return 1 - giou(boxes, wanted)


def ciou_loss(boxes: Tensor, wanted: Tensor) -> Tensor:
    """1 - CIoU of boxes (..., 4) cxcywh -> (...): arXiv:1911.08287, alpha held constant."""
    aspect = 4 / math.pi**2 * aspect_difference(boxes, wanted).square()
    with torch.no_grad():
        alpha = aspect / (1 - iou(boxes, wanted) + aspect + _TINY)
    return 1 - diou(boxes, wanted, exponent=1.0) + alpha * aspect


OVERLAP_LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "giou": giou_loss,
    "ciou": ciou_loss,
}
