"""Anchors: the boxes that predictions of SSD, RetinaNet and their like start from.

They are cxcywh. Row n of a map belongs to cell n // A, row by row, and anchor n % A of A.
"""

from __future__ import annotations

import torch
from torch import Tensor


def grid_anchors(
    shapes: Tensor, grid_hw: tuple[int, int], step_hw: tuple[float, float], offset: float = 0.5
) -> Tensor:
    """The anchors (H*W*A, 4) of a map, of shapes (A, 2) wh, in the unit of these and of step_hw.

    The centre of cell (row, column) is at (column + offset, row + offset) steps.
    """
    (height, width), (down, across) = grid_hw, step_hw
    y = (torch.arange(height, device=shapes.device, dtype=shapes.dtype) + offset) * down
    x = (torch.arange(width, device=shapes.device, dtype=shapes.dtype) + offset) * across
    y, x = torch.meshgrid(y, x, indexing="ij")
    centres = torch.stack((x, y), dim=2)[:, :, None].expand(-1, -1, len(shapes), -1)
    return torch.cat((centres, shapes.expand_as(centres)), dim=3).reshape(-1, 4)


def within(anchors: Tensor, low: float, high: float) -> Tensor:
    """Boxes (..., 4) cxcywh cut to what lies between low and high on both axes."""
    centre, half = anchors[..., :2], anchors[..., 2:] / 2
    start, end = (centre - half).clamp(low, high), (centre + half).clamp(low, high)
    return torch.cat(((start + end) / 2, end - start), dim=-1)
