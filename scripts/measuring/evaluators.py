"""Made-up detections of a whole data set, and the programs that evaluate them."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import tempfile
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch

from darkpy.metrics.accumulator import MapAccumulator

SIZE_HW = (480, 640)


class Found(NamedTuple):
    """boxes (N, 4) cxcywh in the unit square, probs (N, K)."""

    boxes: torch.Tensor
    probs: torch.Tensor


class Picture(NamedTuple):
    found: Found
    truths: np.ndarray
    classes: np.ndarray


def made_up(pictures: int, detections: int, classes: int, seed: int = 0) -> list[Picture]:
    """Pictures of 1 to 14 objects with detections near them, seven of ten of the right class."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(pictures):
        count = int(rng.integers(1, 15))
        size = rng.uniform(0.02, 0.4, (count, 2))
        truths = np.column_stack((rng.uniform(0.2, 0.8, (count, 2)), size)).astype(np.float32)
        own = rng.integers(classes, size=count)
        nearest = rng.integers(count, size=detections)
        boxes = truths[nearest] * rng.uniform(0.85, 1.15, (detections, 4))
        likely = rng.random(detections) < 0.7
        chosen = np.where(likely, own[nearest], rng.integers(classes, size=detections))
        probs = np.zeros((detections, classes), np.float32)
        probs[np.arange(detections), chosen] = rng.uniform(0.01, 1, detections)
        found = Found(torch.tensor(boxes, dtype=torch.float32), torch.from_numpy(probs))
        made.append(Picture(found, truths, own))
    return made


def darkpy_ap(pictures: list[Picture], classes: int) -> tuple[float, float]:
    """COCO AP and the seconds it took, Darknet's and COCO's numbers together."""
    began = time.perf_counter()
    accumulator = MapAccumulator(classes)
    for it in pictures:
        accumulator.add(it.found, it.truths, it.classes, picture_hw=SIZE_HW)
    ap = accumulator.report().coco.ap
    return ap, time.perf_counter() - began


def coco_ap(tool: str, pictures: list[Picture], classes: int) -> tuple[float, float]:
    """The same of a program with pycocotools' interface; ImportError where it is missing.

    From dictionaries that lie ready: loadRes, evaluate, accumulate and summarize are timed.
    """
    truth, results = _as_dictionaries(pictures, classes)
    make, judge = _TOOLS[tool]()
    with contextlib.redirect_stdout(io.StringIO()):
        with _file_of(truth) as path:
            coco = make(path)
        began = time.perf_counter()
        evaluation = judge(coco, coco.loadRes(results), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
        return float(evaluation.stats[0]), time.perf_counter() - began


def _pycocotools() -> tuple[Callable, Callable]:
    coco = importlib.import_module("pycocotools.coco")
    return coco.COCO, importlib.import_module("pycocotools.cocoeval").COCOeval


def _faster() -> tuple[Callable, Callable]:
    module = importlib.import_module("faster_coco_eval")
    return module.COCO, module.COCOeval_faster


def _hotcoco() -> tuple[Callable, Callable]:
    module = importlib.import_module("hotcoco")
    return module.COCO, module.COCOeval


_TOOLS = {"pycocotools": _pycocotools, "faster-coco-eval": _faster, "hotcoco": _hotcoco}
TOOLS = tuple(_TOOLS)


@contextlib.contextmanager
def _file_of(truth: dict):
    handle, path = tempfile.mkstemp(suffix=".json")
    try:
        with os.fdopen(handle, "w") as file:
            json.dump(truth, file)
        yield path
    finally:
        os.unlink(path)


def _as_dictionaries(pictures: list[Picture], classes: int) -> tuple[dict, list[dict]]:
    h, w = SIZE_HW
    to_px = np.array((w, h, w, h), dtype=np.float64)
    annotations, results = [], []
    for image, it in enumerate(pictures, start=1):
        for box, k in zip(_xywh(it.truths * to_px), it.classes.tolist(), strict=True):
            annotations.append(
                {"id": len(annotations) + 1, "image_id": image, "category_id": k + 1,
                 "bbox": box, "area": box[2] * box[3], "iscrowd": 0}
            )  # fmt: skip
        boxes = _xywh(it.found.boxes.numpy() * to_px)
        for row, k in np.argwhere(it.found.probs.numpy()).tolist():
            results.append(
                {"image_id": image, "category_id": k + 1, "bbox": boxes[row],
                 "score": float(it.found.probs[row, k])}
            )  # fmt: skip
    truth = {
        "info": {},
        "images": [{"id": n, "width": w, "height": h} for n in range(1, len(pictures) + 1)],
        "categories": [{"id": k + 1, "name": str(k)} for k in range(classes)],
        "annotations": annotations,
    }
    return truth, results


def _xywh(cxcywh: np.ndarray) -> list[list[float]]:
    corner = cxcywh[:, :2] - cxcywh[:, 2:] / 2
    return np.column_stack((corner, cxcywh[:, 2:])).tolist()
