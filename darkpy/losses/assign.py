"""Which anchor of which cell answers for which truth, by Darknet's rules."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from darkpy.boxes import OVERLAPS


@dataclass(frozen=True)
class Assignment:
    """Pairs of a truth and a cell, a fixed number E of them, most of them idle.

    Fixed sizes keep the device from being asked how many pairs there are.
    taken: (E,) bool, the pairs that count. cell: (E,) int64, number of the cell
    ((b*A + a)*H + y)*W + x. truth: (E,) int64, number b*M + m. first, last: (E,) bool, the first
    and the last truth of those that share a cell. best: (E,) bool, taken for the anchor's shape.
    """

    taken: Tensor
    cell: Tensor
    truth: Tensor
    first: Tensor
    last: Tensor
    best: Tensor


def assign(
    points: Tensor,
    sizes: Tensor,
    valid: Tensor,
    anchors: Tensor,
    mask: Tensor,
    grid: tuple[int, int],
    *,
    iou_thresh: float,
    iou_thresh_kind: str,
) -> Assignment:
    """Give each truth to the anchor of best shape, and to all above `iou_thresh` if that is < 1.

    points (B, M, 2) and sizes (B, M, 2) wh of the truths and anchors (N, 2) wh, in the unit
    square of the network's input; valid (B, M) bool; mask (A,) the anchors of this head;
    grid (H, W). Of equal shapes the first wins. C: forward_yolo_layer(), the loop over t.
    """
    b, m, _ = points.shape
    a = len(mask)
    overlap = shape_overlaps(anchors, sizes[..., None, :])  # (B, M, N)
    best = overlap.argmax(dim=-1, keepdim=True) == mask  # (B, M, A)
    taken = best
    if iou_thresh < 1:
        kind = iou_thresh_kind
        similar = overlap if kind == "iou" else shape_overlaps(anchors, sizes[..., None, :], kind)
        taken = best | (similar[..., mask] > iou_thresh)
    taken = (taken & valid[..., None]).reshape(-1)
    cell = cell_numbers(points, a, grid).reshape(-1)
    truth = torch.arange(b * m, device=points.device).repeat_interleave(a)
    first, last = ends(taken, cell, truth, b * a * grid[0] * grid[1])
    return Assignment(taken, cell, truth, first, last, taken & best.reshape(-1))


def shape_overlaps(a: Tensor, b: Tensor, kind: str = "iou") -> Tensor:
    """Overlap of boxes with one centre, wh (..., 2) each -> (...)."""
    first = torch.cat((torch.zeros_like(a), a), dim=-1)
    second = torch.cat((torch.zeros_like(b), b), dim=-1)
    return OVERLAPS[kind](*torch.broadcast_tensors(first, second))


def cell_numbers(points: Tensor, anchors: int, grid: tuple[int, int]) -> Tensor:
    """Number of the cell of points (B, M, 2) for each anchor, (B, M, A)."""
    height, width = grid
    # A point on or beyond the border belongs to the last cell.
    x = (points[..., 0] * width).long().clamp(0, width - 1)
    y = (points[..., 1] * height).long().clamp(0, height - 1)
    picture = torch.arange(points.shape[0], device=points.device)[:, None, None]
    anchor = torch.arange(anchors, device=points.device)
    return ((picture * anchors + anchor) * height + y[..., None]) * width + x[..., None]


def ends(taken: Tensor, cell: Tensor, truth: Tensor, cells: int) -> tuple[Tensor, Tensor]:
    """Whether a pair has the lowest and the highest truth number of its cell, each (E,)."""
    nobody = torch.iinfo(truth.dtype).max
    lowest = torch.full((cells,), nobody, dtype=truth.dtype, device=truth.device)
    lowest.scatter_reduce_(0, cell, torch.where(taken, truth, nobody), "amin")
    highest = torch.full((cells,), -1, dtype=truth.dtype, device=truth.device)
    highest.scatter_reduce_(0, cell, torch.where(taken, truth, -1), "amax")
    return taken & (truth == lowest[cell]), taken & (truth == highest[cell])
