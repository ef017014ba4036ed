"""Which anchor of which cell answers for which truth, by the rules of Darknet's yolo_layer.c."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from darkpy.boxes import OVERLAPS


@dataclass(frozen=True)
class Assignment:
    """Every pair of a truth and an anchor of the head, E = B*M*A of them, most of them idle.

    Fixed sizes keep the device from being asked how many pairs there are.
    taken: (E,) bool, the pairs that count. cell: (E,) int64, number of the cell
    ((b*A + a)*H + y)*W + x. truth: (E,) int64, number b*M + m. first, last: (E,) bool, the first
    and the last truth of those that share a cell.
    """

    taken: Tensor
    cell: Tensor
    truth: Tensor
    first: Tensor
    last: Tensor


def assign(
    truths: Tensor,
    valid: Tensor,
    anchors: Tensor,
    mask: Tensor,
    grid: tuple[int, int],
    *,
    iou_thresh: float,
    iou_thresh_kind: str,
) -> Assignment:
    """Give each truth to the anchor of best shape, and to all above `iou_thresh` if that is < 1.

    truths (B, M, 4) cxcywh and anchors (N, 2) wh, both in the unit square of the network's input;
    valid (B, M) bool; mask (A,) the anchors of this head; grid (H, W). Of equal shapes the first
    wins. C: forward_yolo_layer(), the loop over t.
    """
    b, m, _ = truths.shape
    a = len(mask)
    overlap = _shape_overlaps(truths[..., 2:], anchors, "iou")  # (B, M, N)
    best = overlap.argmax(dim=-1, keepdim=True)
    taken = best == mask  # (B, M, A)
    if iou_thresh < 1:
        kind = iou_thresh_kind
        similar = overlap if kind == "iou" else _shape_overlaps(truths[..., 2:], anchors, kind)
        taken = taken | (similar[..., mask] > iou_thresh)
    taken = (taken & valid[..., None]).reshape(-1)
    cell = _cells(truths, a, grid).reshape(-1)
    truth = torch.arange(b * m, device=truths.device).repeat_interleave(a)
    first, last = _ends(taken, cell, truth, b * a * grid[0] * grid[1])
    return Assignment(taken, cell, truth, first, last)


def _shape_overlaps(wh: Tensor, anchors: Tensor, kind: str) -> Tensor:
    """Overlap of boxes with one centre: (B, M, 2) and (N, 2) -> (B, M, N)."""
    truth = torch.cat((torch.zeros_like(wh), wh), dim=-1)[..., None, :]
    shape = torch.cat((torch.zeros_like(anchors), anchors), dim=-1)
    return OVERLAPS[kind](*torch.broadcast_tensors(shape, truth))


def _cells(truths: Tensor, anchors: int, grid: tuple[int, int]) -> Tensor:
    """Number of the cell of each truth for each anchor, (B, M, A)."""
    height, width = grid
    # A centre on the right or lower border belongs to the last cell.
    x = (truths[..., 0] * width).long().clamp(0, width - 1)
    y = (truths[..., 1] * height).long().clamp(0, height - 1)
    picture = torch.arange(truths.shape[0], device=truths.device)[:, None, None]
    anchor = torch.arange(anchors, device=truths.device)
    return ((picture * anchors + anchor) * height + y[..., None]) * width + x[..., None]


def _ends(taken: Tensor, cell: Tensor, truth: Tensor, cells: int) -> tuple[Tensor, Tensor]:
    """Whether a pair has the lowest and the highest truth number of its cell, each (E,)."""
    nobody = truth.numel()
    lowest = torch.full((cells,), nobody, dtype=truth.dtype, device=truth.device)
    lowest.scatter_reduce_(0, cell, torch.where(taken, truth, nobody), "amin")
    highest = torch.full((cells,), -1, dtype=truth.dtype, device=truth.device)
    highest.scatter_reduce_(0, cell, torch.where(taken, truth, -1), "amax")
    return taken & (truth == lowest[cell]), taken & (truth == highest[cell])
