"""Imports torchvision 0.28.0 beside a torch without CUDA, whose extension does not load there.

The operators that its import asks for are registered first, suppression as plain Python.
Scripts that make oracles import this before torchvision: PYTHONPATH=tests/oracle:FOLDER
"""

from __future__ import annotations

import torch
from torch import Tensor

_LIBRARY = torch.library.Library("torchvision", "DEF")


def suppressed(boxes: Tensor, scores: Tensor, limit: float) -> Tensor:
    """Greedy suppression of (N, 4) corners: what is kept, the best first."""
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    left, kept = scores.argsort(descending=True, stable=True), []
    while len(left):
        best, left = left[0], left[1:]
        kept.append(best)
        low = torch.maximum(boxes[best, :2], boxes[left, :2])
        high = torch.minimum(boxes[best, 2:], boxes[left, 2:])
        shared = (high - low).clamp(min=0).prod(dim=1)
        overlap = shared / (area[best] + area[left] - shared)
        left = left[~(overlap > limit)]  # as the extension has it: NaN silences nothing
    return torch.stack(kept) if kept else torch.empty(0, dtype=torch.int64)


for _name in ("nms", "qnms"):
    _LIBRARY.define(f"{_name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
_LIBRARY.impl("nms", suppressed, "CPU")

import torchvision  # noqa: E402

torchvision.ops.boxes._assert_has_ops = lambda: None
