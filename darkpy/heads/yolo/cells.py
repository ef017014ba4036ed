"""The grid of a head with anchors: boxes it predicts, and where a truth belongs on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from darkpy.boxes import iou
from darkpy.heads.base import Truths

# Pairs of a cell and a truth whose overlaps are held at once; bounds the memory of big batches.
PAIRS_AT_ONCE = 2**24


@dataclass(frozen=True)
class Cells:
    """Activated output of a head: x (B, A, F, H, W), F entries a cell: `coords` for the box,
    objectness, classes; anchors (N, 2) wh in the unit square of the network's input, of which
    mask (A,) are this head's."""

    x: Tensor
    anchors: Tensor
    mask: Tensor

    coords = 4

    def boxes(self) -> Tensor:
        """Predicted boxes (B, A, H, W, 4) cxcywh, unit square; get_yolo_box()."""
        return self._boxes(self.x[:, :, 0], self.x[:, :, 1], self.x[:, :, 2], self.x[:, :, 3])

    def boxes_of(self, entries: Tensor, anchor: Tensor, row: Tensor, column: Tensor) -> Tensor:
        """The same (R, 4) of some cells: entries (coords, R), the anchor, row and column (R,)."""
        x, y, w, h = entries
        return self._placed(x, y, w, h, self.anchors[self.mask][anchor], row, column)

    def probs_of(self, _entries: Tensor, classes: Tensor) -> Tensor:
        """Probabilities (R, K) of some cells by their entries (coords, R) and classes (R, K)."""
        return classes

    def points(self, boxes: Tensor) -> Tensor:
        """The point of boxes (..., 4) whose cell answers for them, (..., 2)."""
        return boxes[..., :2]

    def size(self, raw: Tensor) -> Tensor:
        """Raw width or height -> multiple of the anchor."""
        return raw.exp()

    def raw_size(self, factor: Tensor) -> Tensor:
        """The inverse of `size`."""
        return factor.log()

    @property
    def grid(self) -> tuple[int, int]:
        return tuple(self.x.shape[-2:])

    @cached_property
    def objectness(self) -> Tensor:
        """(B, A, H, W); what is not finite counts as 0."""
        return self.x[:, :, self.coords].nan_to_num(0.0, 0.0, 0.0)

    @property
    def probs(self) -> Tensor:
        """Class entries (B, A, K, H, W)."""
        return self.x[:, :, self.coords + 1 :]

    def own_anchors(self, cell: Tensor) -> Tensor:
        """Anchor of each cell number, (E, 2) wh."""
        _, a, _, h, w = self.x.shape
        return self.anchors[self.mask][cell // (h * w) % a]

    def wanted(self, boxes: Tensor, cell: Tensor) -> Tensor:
        """Entries x, y, w, h (E, 4) that would make cells (E,) predict boxes (E, 4)."""
        h, w = self.grid
        own, point = self.own_anchors(cell), self.points(boxes)
        column, row = cell % w, cell % (h * w) // w
        return torch.stack(
            (
                point[:, 0] * w - column,
                point[:, 1] * h - row,
                self.raw_size(boxes[:, 2] / own[:, 0]),
                self.raw_size(boxes[:, 3] / own[:, 1]),
            ),
            dim=1,
        )

    def _boxes(self, x: Tensor, y: Tensor, w: Tensor, h: Tensor) -> Tensor:
        """Boxes from their entries, (B, A, H, W) each."""
        rows, columns = self.grid
        column = torch.arange(columns, device=self.x.device)
        row = torch.arange(rows, device=self.x.device)[:, None]
        own = self.anchors[self.mask][:, None, None]  # (A, 1, 1, 2)
        return self._placed(x, y, w, h, own, row, column)

    def _placed(
        self,
        x: Tensor,
        y: Tensor,
        w: Tensor,
        h: Tensor,
        own: Tensor,
        row: Tensor,
        column: Tensor,
    ) -> Tensor:
        """Boxes (..., 4) from their entries (...), anchors (..., 2) and places."""
        rows, columns = self.grid
        return torch.stack(
            (
                (column + x) / columns,
                (row + y) / rows,
                self.size(w) * own[..., 0],
                self.size(h) * own[..., 1],
            ),
            dim=-1,
        )


def best_overlaps(boxes: Tensor, truths: Truths) -> tuple[Tensor, Tensor]:
    """Best IoU of boxes (B, ..., 4) with a truth of their picture, and its number b*M + m."""
    b, m = truths.valid.shape
    shape = boxes.shape[:-1]
    if m == 0:
        return boxes.new_zeros(shape), truths.classes.new_zeros(shape)
    # Each number of the boxes in one piece, and they innermost: several times faster on a CPU.
    own = boxes.flatten(1, -2).movedim(-1, 0).contiguous().movedim(0, -1)  # (B, N, 4)
    parts = []
    for part in in_parts(b, own.shape[1] * m):
        overlap = iou(own[part, None], truths.boxes[part, :, None])  # (b, M, N)
        parts.append(overlap.masked_fill_(~truths.valid[part, :, None], 0).max(dim=1))
    best = torch.cat([part.values for part in parts])
    number = torch.cat([part.indices for part in parts])
    number = number + torch.arange(b, device=number.device)[:, None] * m
    return best.view(shape), number.view(shape)


def in_parts(pictures: int, pairs: int) -> Iterator[slice]:
    """Slices of the mini-batch that together hold at most PAIRS_AT_ONCE pairs of cell and truth.

    pairs: of one picture.
    """
    at_once = max(1, PAIRS_AT_ONCE // pairs)
    return (slice(start, start + at_once) for start in range(0, pictures, at_once))
