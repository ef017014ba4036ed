"""Makes ssd.json beside it with torchvision 0.28.0's SSD: boxes, matches, losses, detections.

PYTHONPATH=tests/oracle:FOLDER python tests/oracle/torchvision_ssd/make.py
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
import torchvision_ops  # noqa: F401  (before torchvision)
from torch import Tensor, nn
from torchvision.models.detection.anchor_utils import DefaultBoxGenerator
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.ssd import SSD
from torchvision.ops import box_iou

SIDE = 300
MAPS = (38, 19, 10, 5, 3, 1)
SETTING = {
    "aspect_ratios": [[2], [2, 3], [2, 3], [2, 3], [2], [2]],
    "scales": [0.07, 0.15, 0.33, 0.51, 0.69, 0.87, 1.05],
    "steps": [8, 16, 32, 64, 100, 300],
}
TRUTHS = [
    [[10, 20, 80, 90]],
    [[10, 10, 30, 30], [40, 40, 60, 60], [50, 50, 90, 90], [100, 110, 120, 140]],
    [],
]
CLASSES = [[1], [1, 3, 5, 7], []]
PICTURES = len(TRUTHS)
MATCHER_TABLE = [[0.2, 0.45, 0.1], [0.3, 0.6, 0.1]]


def rounded(values: Tensor) -> list:
    """Nested lists of numbers with nine digits."""
    if not values.is_floating_point():
        return values.tolist()
    array = values.detach().double().numpy()
    return np.vectorize(lambda x: float(f"{x:.9g}"), otypes=[float])(array).tolist()


def heads() -> dict[str, Tensor]:
    """sin(.37 n), (3, 8732, 21), and .5 cos(.11 n), (3, 8732, 4), n counted over all of it."""
    scores = np.sin(0.37 * np.arange(PICTURES * 8732 * 21)).reshape(PICTURES, 8732, 21)
    offsets = 0.5 * np.cos(0.11 * np.arange(PICTURES * 8732 * 4)).reshape(PICTURES, 8732, 4)
    found = {"cls_logits": scores, "bbox_regression": offsets}
    return {name: torch.from_numpy(x.astype(np.float32)) for name, x in found.items()}


def detection_heads() -> dict[str, Tensor]:
    """RandomState(7): scores 2 N(0, 1), (1, 8732, 21), the background's + 7; then .5 N(0, 1)."""
    chance = np.random.RandomState(7)
    scores = 2 * chance.standard_normal((1, 8732, 21))
    scores[..., 0] += 7
    offsets = 0.5 * chance.standard_normal((1, 8732, 4))
    found = {"cls_logits": scores, "bbox_regression": offsets}
    return {name: torch.from_numpy(x.astype(np.float32)) for name, x in found.items()}


def made() -> tuple[SSD, Tensor]:
    """An SSD without backbone and heads, and its (8732, 4) default boxes."""
    generator = DefaultBoxGenerator(**SETTING)
    model = SSD(nn.Identity(), generator, (SIDE, SIDE), num_classes=21, head=nn.Identity())
    pictures = ImageList(torch.zeros(1, 3, SIDE, SIDE), [(SIDE, SIDE)])
    return model, generator(pictures, [torch.zeros(1, 1, n, n) for n in MAPS])[0]


def boxes_of(own: Tensor) -> dict:
    return {
        "setting": SETTING,
        "count": len(own),
        "sum": rounded(own.double().sum()),
        "sums": rounded(own.double().sum(dim=0)),
        "every_97th_px_xyxy": rounded(own[::97]),
        "last": rounded(own[-1]),
    }


def losses_of(model: SSD, own: Tensor) -> dict:
    targets = [
        {
            "boxes": torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4),
            "labels": 1 + torch.tensor(classes, dtype=torch.int64),
        }
        for boxes, classes in zip(TRUTHS, CLASSES, strict=True)
    ]
    matches = [
        model.proposal_matcher(box_iou(target["boxes"], own))
        if len(target["boxes"])
        else torch.full((len(own),), -1)
        for target in targets
    ]
    outputs = {name: x.requires_grad_() for name, x in heads().items()}
    found = model.compute_loss(targets, outputs, [own] * PICTURES, matches)
    sum(found.values()).backward()
    moved, pulled = (outputs[name].grad.double() for name in ("cls_logits", "bbox_regression"))
    return {
        "truths_px_xyxy": TRUTHS,
        "classes": CLASSES,
        "class": rounded(found["classification"]),
        "box": rounded(found["bbox_regression"]),
        "pictures": [_picture(*rows) for rows in zip(matches, moved, pulled, strict=True)],
    }


def _picture(match: Tensor, moved: Tensor, pulled: Tensor) -> dict:
    positive = (match >= 0).nonzero().flatten()
    taken = moved.abs().sum(dim=1).nonzero().flatten()
    return {
        "positive_anchors": positive.tolist(),
        "truth_of_each": match[positive].tolist(),
        "hard_negatives": sorted(set(taken.tolist()) - set(positive.tolist())),
        "score_gradient_abs_sum": rounded(moved.abs().sum()),
        "offset_gradient_abs_sum": rounded(pulled.abs().sum()),
        "offset_gradient_rows": rounded(pulled[positive]),
    }


def detections_of(model: SSD, own: Tensor) -> dict:
    found = model.postprocess_detections(detection_heads(), [own], [(SIDE, SIDE)])[0]
    return {
        "class": (found["labels"] - 1).tolist(),
        "score": rounded(found["scores"]),
        "boxes_px_xyxy": rounded(found["boxes"]),
    }


if __name__ == "__main__":
    model, own = made()
    table = model.proposal_matcher(torch.tensor(MATCHER_TABLE)).tolist()
    numbers = {
        "default_boxes": boxes_of(own),
        "matcher": {"iou_truths_by_anchors": MATCHER_TABLE, "thresh": 0.5, "matches": table},
        "losses": losses_of(model, own),
        "detections": detections_of(model, own),
    }
    text = json.dumps(numbers, separators=(",", ":")).replace('],"', '],\n"')
    Path(__file__).with_name("ssd.json").write_text(text + "\n")
