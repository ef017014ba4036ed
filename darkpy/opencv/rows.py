"""The rows that OpenCV 4's Region layer gives: cx cy w h, objectness, class scores."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from darkpy.heads.base import DetectingHead
from darkpy.heads.detection import Detection
from darkpy.heads.region import Region
from darkpy.inference.by_cell import cell_by_cell

_SCORES = 5  # columns before them
_THRESH, _REGION_THRESH = 0.2, 0.001  # where the cfg gives no thresh=
_REGION_NMS = 0.4  # whatever the cfg says; [yolo] suppresses only with nms_threshold=


def head_rows(head: DetectingHead, output: Tensor, net_hw: tuple[int, int]) -> np.ndarray:
    """Output of a head for a batch -> (B, N, 5+K) float32, cell by cell.

    Scores are objectness times class, 0 where they are not above thresh= of the cfg's section.
    """
    output = output.float()
    with torch.inference_mode():
        found = head.decode(output, net_hw)
        objectness, scores = found.objectness, found.objectness[..., None] * found.probs
        if isinstance(head, Region):  # its decode() has put both into one
            a = head.options.num
            objectness = output.unflatten(1, (a, -1))[:, :, 4].flatten(1)
        rows = torch.cat((found.boxes, objectness[..., None], scores), dim=2).cpu()
    if not isinstance(head, Detection):
        rows = rows[:, cell_by_cell(output, rows.shape[1])]
    region = isinstance(head, Region)
    thresh = _number(head, "thresh", _REGION_THRESH if region else _THRESH)
    nms = _REGION_NMS if region else _number(head, "nms_threshold", 0.0)
    table = rows.contiguous().numpy()
    scores = table[..., _SCORES:]
    scores[~(scores > np.float32(thresh))] = 0
    if nms > 0:
        for picture in table:
            _suppress(picture, thresh, nms)
    return table


def _number(head: DetectingHead, key: str, default: float) -> float:
    """A key of the head's section as OpenCV reads it, whatever darkpy makes of it."""
    entry = head.plan.section.entries.get(key)
    return float(entry.text) if entry else default


def _suppress(rows: np.ndarray, thresh: float, nms: float) -> None:
    """Class by class, set the scores of rows (N, 5+K) to 0 that a higher one covers."""
    boxes = rows[:, :4].astype(np.float64)
    corners = np.concatenate((boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, 2:]), axis=1)
    scores = rows[:, _SCORES:]
    for number in np.flatnonzero((scores > thresh).any(axis=0)):
        column = scores[:, number].copy()
        kept = kept_boxes(corners, column, thresh, nms)
        scores[:, number] = 0
        scores[kept, number] = column[kept]


def kept_boxes(xywh: np.ndarray, scores: np.ndarray, thresh: float, nms: float) -> np.ndarray:
    """NMSBoxes(): numbers of the boxes (N, 4) that stay, the highest score first.

    xywh: left, top, width, height, px or shares. Scores not above `thresh` are none.
    """
    waiting = np.flatnonzero(scores > np.float32(thresh))
    waiting = waiting[np.argsort(-scores[waiting], kind="stable")]
    kept = []
    while len(waiting):
        one, waiting = waiting[0], waiting[1:]
        kept.append(one)
        waiting = waiting[_overlaps(xywh[one], xywh[waiting]) <= np.float32(nms)]
    return np.array(kept, int)


def _overlaps(one: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Overlap of a box (4,) with boxes (N, 4), left, top, width, height; 1 of two without area."""
    low = np.maximum(one[:2], others[:, :2])
    high = np.minimum(one[:2] + one[2:], others[:, :2] + others[:, 2:])
    sides = high - low
    shared = np.where((sides > 0).all(axis=1), sides.prod(axis=1), 0)
    both = one[2:].prod() + others[:, 2:].prod(axis=1)
    union = np.where(both > np.finfo(float).eps, both - shared, 1)
    overlap = np.where(both > np.finfo(float).eps, shared / union, 1)
    return np.float32(1) - (1 - overlap).astype(np.float32)
