"""Boxes as offsets from their anchors: what box outputs of SSD, RetinaNet and their like say.

The centre's shift is in sides of the anchor, the size a logarithm of the ratio; both are divided
by `variance` (4,), which brings them to about the same size. Other programs write weights, which
are 1 / variance: 10, 10, 5, 5 is .1, .1, .2, .2.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

# A side grows to 62 times its anchor's at most, which keeps wild outputs finite; detectron's.
LARGEST_GROWTH = math.log(1000 / 16)
_LEAST_SIDE = 1e-12  # of a truth without extent, whose logarithm must stay finite


def offsets_from(boxes: Tensor, anchors: Tensor, variance: Tensor) -> Tensor:
    """Boxes (..., 4) cxcywh as offsets (..., 4) x y w h from anchors (..., 4) cxcywh."""
    shift = (boxes[..., :2] - anchors[..., :2]) / anchors[..., 2:]
    growth = (boxes[..., 2:].clamp(min=_LEAST_SIDE) / anchors[..., 2:]).log()
    return torch.cat((shift, growth), dim=-1) / variance


def boxes_at(offsets: Tensor, anchors: Tensor, variance: Tensor) -> Tensor:
    """The inverse of `offsets_from`: offsets (..., 4) from anchors -> boxes (..., 4) cxcywh."""
    offsets = offsets * variance
    centre = anchors[..., :2] + offsets[..., :2] * anchors[..., 2:]
    size = anchors[..., 2:] * offsets[..., 2:].clamp(max=LARGEST_GROWTH).exp()
    return torch.cat((centre, size), dim=-1)
