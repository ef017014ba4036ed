"""Predictions that are not held against the network: what lies in a box of an .ign file."""

from __future__ import annotations

import torch
from torch import Tensor

from darkpy.boxes import coverage, iou
from darkpy.heads.yolo.cells import in_parts

COVERED = 0.95  # share of a prediction inside from which on it belongs to the ignored box


def judged(delta: Tensor, boxes: Tensor, ignored: Tensor | None, ignore_thresh: float) -> Tensor:
    """Objectness deltas (B, ...) without those of predicted boxes (B, ..., 4) in ignored boxes.

    ignored: (B, I, 4), or None where there is none in the whole mini-batch.
    """
    if ignored is None:
        return delta
    return delta.masked_fill(unjudged(boxes, ignored, ignore_thresh), 0)


def unjudged(boxes: Tensor, ignored: Tensor, ignore_thresh: float) -> Tensor:
    """Which boxes (B, ..., 4) an ignored box of their picture (B, I, 4) excuses, bool (B, ...).

    Either most of the prediction lies inside, or the two have an IoU above ignore_thresh, as with
    truths. Ignored boxes without extent excuse nothing.
    """
    own = boxes.flatten(1, -2)[:, :, None]  # (B, N, 1, 4)
    parts = []
    for part in in_parts(len(boxes), own.shape[1] * ignored.shape[1]):
        a, b = own[part], ignored[part, None]
        parts.append(((coverage(a, b) > COVERED) | (iou(a, b) > ignore_thresh)).any(dim=2))
    return torch.cat(parts).view(boxes.shape[:-1])
