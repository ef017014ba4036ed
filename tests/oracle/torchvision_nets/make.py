"""Makes nets.json beside it: what torchvision 0.28.0's networks say of two pictures.

Their values are those of tests/importers/torchvision_like.py, whose names are compared here.
PYTHONPATH=.:tests/oracle:FOLDER python tests/oracle/torchvision_nets/make.py
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
import torchvision_ops  # noqa: F401  (before torchvision)
from torch import Tensor
from torchvision import models
from torchvision.transforms.functional import normalize

from tests.importers.torchvision_like import NETS, calm_state_of, pictures, state_of

SIDE = 64
DETECTORS = {"ssd300_vgg16": (300, 21), "retinanet_resnet50_fpn": (128, 80)}  # side, classes
MOST = 60  # detections
ROW = 997  # of the anchors, every so many
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def rounded(values: Tensor) -> list:
    """Nested lists of numbers with nine digits."""
    array = values.detach().double().numpy()
    return np.vectorize(lambda x: float(f"{x:.9g}"), otypes=[float])(array).tolist()


@torch.no_grad()
def said(net: str) -> dict:
    """The logits of every 37th class, and the sum of the absolute ones."""
    model = getattr(models, net)().eval()
    own = [(name, tuple(tensor.shape)) for name, tensor in model.state_dict().items()]
    assert own == list(NETS[net]()), net
    model.load_state_dict(state_of(net))
    logits = model(normalize(pictures(SIDE), MEAN, STD))
    return {
        "side": SIDE,
        "every_37th": rounded(logits[:, ::37]),
        "abs_sums": rounded(logits.double().abs().sum(dim=1)),
    }


@torch.no_grad()
def heads_of(net: str) -> dict:
    """What its heads give for the first picture: every 997th anchor, sums of absolute values."""
    side, classes = DETECTORS[net]
    model = getattr(models.detection, net)(
        weights=None, weights_backbone=None, num_classes=classes
    ).eval()
    own = [(name, tuple(tensor.shape)) for name, tensor in model.state_dict().items()]
    assert own == list(NETS[net]()), net
    model.load_state_dict(state_of(net))
    picture = pictures(side)[:1]
    shown = normalize(picture, model.transform.image_mean, model.transform.image_std)
    found = model.head(list(model.backbone(shown).values()))
    transform = model.transform
    if transform.fixed_size is None:
        transform.min_size, transform.max_size = (side,), side
    model.load_state_dict(calm_state_of(net))
    detected = model([picture[0]])[0]
    return {
        "side": side,
        "every_997th_scores": rounded(found["cls_logits"][0, ::ROW]),
        "every_997th_boxes": rounded(found["bbox_regression"][0, ::ROW]),
        "scores_abs_sum": rounded(found["cls_logits"].double().abs().sum()),
        "boxes_abs_sum": rounded(found["bbox_regression"].double().abs().sum()),
        "detections": {
            "count": len(detected["scores"]),
            "label": detected["labels"][:MOST].tolist(),
            "score": rounded(detected["scores"][:MOST]),
            "boxes_px_xyxy": rounded(detected["boxes"][:MOST]),
        },
    }


if __name__ == "__main__":
    numbers = {net: said(net) for net in ("resnet50", "mobilenet_v2")}
    numbers |= {net: heads_of(net) for net in DETECTORS}
    text = json.dumps(numbers, separators=(",", ":")).replace('],"', '],\n"')
    Path(__file__).with_name("nets.json").write_text(text + "\n")
