"""Heads of several scales ([ssd], [retina]): where their anchors are, and what these overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from darkpy.planning.network import NetworkPlan
from darkpy.sections.base import Plan
from darkpy.sections.scales import ScaleOptions

_BLOCK = 2**14  # boxes compared at once, so that memory stays flat


@dataclass(frozen=True, eq=False)
class ScaledHead:
    """One map. shapes: (A, 2) width and height of a cell's anchors, px. step_wh: px between cells.

    before: the layers whose channels it reads, the one with the scores first.
    """

    plan: Plan
    before: tuple[Plan, ...]
    shapes: np.ndarray
    step_wh: tuple[float, float]

    @property
    def stride(self) -> float:
        return self.step_wh[0]

    def apart(self, boxes: np.ndarray) -> np.ndarray:
        """Boxes (N, 4) cxcywh px -> (2, N) how far the nearest cell's anchors are, px, x and y.

        Of anchors of one shape none overlaps a box more. With clip_anchors=1 those at the border
        are smaller than is reckoned here.
        """
        offset, (_, rows, columns) = self.plan.options.offset, self.plan.out
        distances = []
        for centre, step, count in zip(boxes.T[:2], self.step_wh, (columns, rows), strict=True):
            cell = np.clip(np.rint(centre / step - offset), 0, count - 1)
            distances.append(np.abs(centre - (cell + offset) * step))
        return np.stack(distances)


def scaled_heads(network: NetworkPlan) -> list[ScaledHead]:
    """The heads of a cfg that share their matching, fine maps first."""
    plans = [plan for plan in network.detecting if isinstance(plan.options, ScaleOptions)]
    heads = [_head(network, plan) for plan in plans if plan.options.shapes and plan.index > 0]
    return sorted(heads, key=lambda head: head.stride)


def _head(network: NetworkPlan, plan: Plan) -> ScaledHead:
    net, options = network.input, plan.options
    if not hasattr(options, "step"):  # [retina]: whole px
        step_wh = float(max(1, net.w // plan.out.w)), float(max(1, net.h // plan.out.h))
    else:
        step_wh = options.step or net.w / plan.out.w, options.step or net.h / plan.out.h
    shapes = np.array(options.shapes, dtype=np.float64)
    if getattr(options, "clip_anchors", "") == "sizes":
        shapes = np.minimum(shapes, (net.w, net.h))
    before = network.layers[plan.index - 1]
    if options.layout == "split" and before.kind == "route":
        read = tuple(network.layers[source] for source in before.sources)
    else:
        read = (before,)
    return ScaledHead(plan, read, shapes, step_wh)


def shape_overlaps(boxes: np.ndarray, apart: np.ndarray, shapes: np.ndarray) -> np.ndarray:
    """IoU (A, N) of boxes (N, 4) cxcywh with shapes (A, 2) that lie (2, N) px beside them."""
    shared, area, own = 1.0, 1.0, 1.0
    for side, distance, length in zip(boxes.T[2:], apart, shapes.T[:, :, None], strict=True):
        meet = np.minimum(np.minimum(side, length), (side + length) / 2 - distance)
        shared = shared * np.maximum(meet, 0)
        area, own = area * side, own * length
    return shared / np.maximum(area + own - shared, np.finfo(float).tiny)


def reached(boxes: np.ndarray, heads: Sequence[ScaledHead]) -> np.ndarray:
    """The IoU of each box (N, 4) cxcywh px with the anchor that overlaps it most, (N,)."""
    parts = [np.empty(0)]
    for begin in range(0, len(boxes), _BLOCK):
        some = boxes[begin : begin + _BLOCK]
        each = [shape_overlaps(some, head.apart(some), head.shapes).max(axis=0) for head in heads]
        parts.append(np.max(each, axis=0))
    return np.concatenate(parts)


def match_thresh(heads: Sequence[ScaledHead]) -> float:
    """The IoU from which on an anchor answers for a box."""
    return heads[-1].plan.options.match_thresh
