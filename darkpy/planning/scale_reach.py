"""How well the anchors of [ssd] and [retina] overlap boxes, in the places where they are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from darkpy.planning.scaled import ScaledHead

_BLOCK = 2**14  # boxes compared at once, so that memory stays flat


def apart(head: ScaledHead, boxes: np.ndarray) -> np.ndarray:
    """Boxes (N, 4) cxcywh px -> (2, N) how far the nearest cell's anchors are, px, x and y.

    Of anchors of one shape none overlaps a box more. With clip_anchors=1 those at the border are
    smaller than is reckoned here.
    """
    offset, (_, rows, columns) = head.plan.options.offset, head.plan.out
    distances = []
    for centre, step, count in zip(boxes.T[:2], head.step_wh, (columns, rows), strict=True):
        cell = np.clip(np.rint(centre / step - offset), 0, count - 1)
        distances.append(np.abs(centre - (cell + offset) * step))
    return np.stack(distances)


def overlaps_beside(
    boxes: np.ndarray, distances: np.ndarray, shapes: Sequence[tuple[float, float]]
) -> np.ndarray:
    """IoU (A, N) of boxes (N, 4) cxcywh with A shapes that lie (2, N) px beside them."""
    lengths = np.array(shapes, dtype=np.float64).T[:, :, None]
    shared, area, own = 1.0, 1.0, 1.0
    for side, distance, length in zip(boxes.T[2:], distances, lengths, strict=True):
        meet = np.minimum(np.minimum(side, length), (side + length) / 2 - distance)
        shared = shared * np.maximum(meet, 0)
        area, own = area * side, own * length
    return shared / np.maximum(area + own - shared, np.finfo(float).tiny)


def reached(boxes: np.ndarray, heads: Sequence[ScaledHead]) -> np.ndarray:
    """The IoU of each box (N, 4) cxcywh px with the anchor that overlaps it most, (N,)."""
    parts = [np.empty(0)]
    for begin in range(0, len(boxes), _BLOCK):
        some = boxes[begin : begin + _BLOCK]
        each = [overlaps_beside(some, apart(h, some), h.shapes).max(axis=0) for h in heads]
        parts.append(np.max(each, axis=0))
    return np.concatenate(parts)
