"""Makes tide.json beside it: the numbers of the package tidecv 1.0.1 on made-up pictures.

Run from the checkout with tidecv (and its appdirs, pandas, seaborn, pycocotools) installed:
PYTHONPATH=. python tests/oracle/tide/make.py
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from tidecv import TIDE, Data

from tests.metrics.pictures import TIDE_CLASSES, TIDE_SEEDS, TIDE_SIZE_HW, tide_pictures

KINDS = {
    "Cls": "class", "Loc": "place", "Both": "both", "Dupe": "duplicate", "Bkg": "background",
    "Miss": "missed",
}  # fmt: skip


def xywh_px(box: np.ndarray) -> list[float]:
    h, w = TIDE_SIZE_HW
    cx, cy, width, height = box * np.array((w, h, w, h), dtype=np.float64)
    return [cx - width / 2, cy - height / 2, width, height]


def numbers(seed: int) -> dict[str, object]:
    truths, detections = Data("truths"), Data("detections")
    for image, (found, boxes, classes) in enumerate(tide_pictures(seed)):
        truths.add_image(image, str(image))
        detections.add_image(image, str(image))
        for box, k in zip(boxes, classes, strict=True):
            truths.add_ground_truth(image, int(k), xywh_px(box))
        for row, k in np.argwhere(found.probs.numpy()):
            prob = float(found.probs[row, k])
            detections.add_detection(image, int(k), prob, xywh_px(found.boxes[row].numpy()))
    tide = TIDE()
    run = tide.evaluate(truths, detections, mode=TIDE.BOX)
    gains = tide.get_main_errors()["detections"]
    return {
        "seed": seed,
        "classes": TIDE_CLASSES,
        "average_precision": run.ap / 100,
        "counts": {KINDS[kind.short_name]: len(own) for kind, own in run.error_dict.items()},
        "gains": {KINDS[name]: gain / 100 for name, gain in gains.items()},
    }


if __name__ == "__main__":
    path = Path(__file__).with_name("tide.json")
    path.write_text(json.dumps([numbers(seed) for seed in TIDE_SEEDS], indent=1) + "\n")
