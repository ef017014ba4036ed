"""Makes retina.json beside it with torchvision 0.28.0's RetinaNet: anchors, losses, detections.

PYTHONPATH=tests/oracle:FOLDER python tests/oracle/torchvision_retina/make.py
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
import torchvision_ops  # noqa: F401  (before torchvision)
from torch import Tensor, nn
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.retinanet import (
    RetinaNet,
    RetinaNetHead,
    _default_anchorgen,
)
from torchvision.ops import box_iou, sigmoid_focal_loss

SIZE_HW = (128, 256)
STRIDES = (8, 16, 32, 64, 128)
NUM, CLASSES = 9, 3
TRUTHS = [
    [[16, 20, 90, 100], [100, 10, 131, 41], [120, 30, 250, 120]],
    [],
    [[200, 60, 208, 66]],
    [[0, 0, 64, 32], [64, 64, 128, 96]],
]
LABELS = [[0, 2, 1], [], [2], [1, 1]]
FOCAL = {"logits": [2.0, -1.0, 0.5, 0.0], "targets": [1.0, 0.0, 1.0, 0.0]}
MATCHER_TABLE = [[0.8, 0.5, 0.2, 0.1, 0.25, 0.0], [0.1, 0.4, 0.6, 0.6, 0.05, 0.0]]


def rounded(values: Tensor) -> list:
    """Nested lists of numbers with nine digits."""
    if not values.is_floating_point():
        return values.tolist()
    array = values.detach().double().numpy()
    return np.vectorize(lambda x: float(f"{x:.9g}"), otypes=[float])(array).tolist()


def maps(size_hw: tuple[int, int]) -> list[Tensor]:
    return [torch.zeros(1, 1, size_hw[0] // s, size_hw[1] // s) for s in STRIDES]


def anchors(size_hw: tuple[int, int]) -> Tensor:
    """(N, 4) corners in pixels, level by level."""
    pictures = ImageList(torch.zeros(1, 3, *size_hw), [size_hw])
    return _default_anchorgen()(pictures, maps(size_hw))[0]


def anchors_of() -> dict:
    own = anchors(SIZE_HW)
    wide = anchors((896, 1152))
    return {
        "size_hw": SIZE_HW,
        "count": len(own),
        "sums": rounded(own.double().sum(dim=0)),
        "of_a_cell_by_level": [rounded(cell) for cell in _default_anchorgen().cell_anchors],
        "every_97th_px_xyxy": rounded(own[::97]),
        "last": rounded(own[-1]),
        "count_of_896x1152": len(wide),
        "sum_of_896x1152": rounded(wide.double().abs().sum()),
    }


def heads(count: int) -> dict[str, Tensor]:
    """RandomState(11): logits N(0, 1) - 2, (4, N, 3), then offsets .3 N(0, 1), (4, N, 4)."""
    chance = np.random.RandomState(11)
    scores = chance.standard_normal((len(TRUTHS), count, CLASSES)) - 2
    offsets = 0.3 * chance.standard_normal((len(TRUTHS), count, 4))
    found = {"cls_logits": scores, "bbox_regression": offsets}
    return {name: torch.from_numpy(x.astype(np.float32)) for name, x in found.items()}


def made(loss: str = "l1") -> RetinaNet:
    """A RetinaNet without a backbone."""
    backbone = nn.Identity()
    backbone.out_channels = 8
    head = RetinaNetHead(8, NUM, CLASSES)
    head.regression_head._loss_type = loss
    return RetinaNet(backbone, CLASSES, head=head)


def losses_of(own: Tensor) -> dict:
    targets = [
        {
            "boxes": torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4),
            "labels": torch.tensor(labels, dtype=torch.int64),
        }
        for boxes, labels in zip(TRUTHS, LABELS, strict=True)
    ]
    found = {"truths_px_xyxy": TRUTHS, "labels": LABELS}
    for name in ("l1", "giou"):
        outputs = {key: x.requires_grad_() for key, x in heads(len(own)).items()}
        parts = made(name).compute_loss(targets, outputs, [own] * len(targets))
        sum(parts.values()).backward()
        moved, pulled = (outputs[key].grad.double() for key in ("cls_logits", "bbox_regression"))
        found[name] = {
            "class": rounded(parts["classification"]),
            "box": rounded(parts["bbox_regression"]),
            "class_gradient_abs_sums": rounded(moved.abs().sum(dim=(1, 2))),
            "box_gradient_abs_sums": rounded(pulled.abs().sum(dim=(1, 2))),
            "class_gradient_rows": rounded(moved[:, ::501]),
        }
    found["pictures"] = [_matches(target["boxes"], own) for target in targets]
    return found


def _matches(boxes: Tensor, own: Tensor) -> dict:
    if not len(boxes):
        return {"positive_anchors": [], "truth_of_each": [], "between": []}
    matches = made().proposal_matcher(box_iou(boxes, own))
    positive = (matches >= 0).nonzero().flatten()
    return {
        "positive_anchors": positive.tolist(),
        "truth_of_each": matches[positive].tolist(),
        "between": (matches == -2).nonzero().flatten().tolist(),
    }


def detections_of(own: Tensor) -> list[dict]:
    counts = [NUM * level.shape[2] * level.shape[3] for level in maps(SIZE_HW)]
    outputs = {key: list(x.split(counts, dim=1)) for key, x in heads(len(own)).items()}
    levels = [list(own.split(counts))] * len(TRUTHS)
    found = made().postprocess_detections(outputs, levels, [SIZE_HW] * len(TRUTHS))
    return [
        {
            "class": one["labels"].tolist(),
            "score": rounded(one["scores"]),
            "boxes_px_xyxy": rounded(one["boxes"]),
        }
        for one in found[:2]
    ]


def focal_of() -> dict:
    logits, wanted = (torch.tensor(values) for values in FOCAL.values())
    logits.requires_grad_()
    each = sigmoid_focal_loss(logits, wanted)
    each.sum().backward()
    heavier = sigmoid_focal_loss(logits, wanted, alpha=0.6, gamma=1.5)
    return {
        **FOCAL,
        "each": rounded(each),
        "sum": rounded(each.sum()),
        "gradient": rounded(logits.grad),
        "each_alpha_.6_gamma_1.5": rounded(heavier),
    }


if __name__ == "__main__":
    own = anchors(SIZE_HW)
    matcher = made().proposal_matcher
    matcher.high_threshold, matcher.low_threshold = 0.7, 0.3
    numbers = {
        "anchors": anchors_of(),
        "matcher": {
            "iou_truths_by_anchors": MATCHER_TABLE,
            "thresholds": [0.7, 0.3],
            "matches": matcher(torch.tensor(MATCHER_TABLE)).tolist(),
        },
        "losses": losses_of(own),
        "detections": detections_of(own),
        "focal": focal_of(),
    }
    text = json.dumps(numbers, separators=(",", ":")).replace('],"', '],\n"')
    Path(__file__).with_name("retina.json").write_text(text + "\n")
