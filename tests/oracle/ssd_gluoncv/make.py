"""Makes the numbers beside it with GluonCV's own functions: gluoncv 0.10.5.post0, mxnet 1.9.1.

Run it in an environment of its own (README.md says how it is made): python make.py
"""

from __future__ import annotations

import json
from pathlib import Path

import mxnet as mx
import numpy as np
from gluoncv.loss import FocalLoss, SSDMultiBoxLoss
from gluoncv.model_zoo.ssd.anchor import LiteAnchorGenerator, SSDAnchorGenerator
from gluoncv.model_zoo.ssd.target import SSDTargetGenerator
from gluoncv.nn.coder import MultiClassDecoder, MultiPerClassDecoder, NormalizedBoxCenterDecoder
from mxnet import nd

HERE = Path(__file__).parent
DIGITS = 9
TRUTHS = [
    [[10, 20, 80, 90]],
    [[10, 10, 30, 30], [40, 40, 60, 60], [50, 50, 90, 90], [100, 110, 120, 140]],
]
CLASSES = [[1], [1, 3, 5, 7]]
FEW, MANY = (1, 2, 0.5), (1, 2, 0.5, 3, 1.0 / 3)
USUAL = (FEW, MANY, MANY, MANY, FEW, FEW)
SETTINGS = {
    "ssd300-vgg16-voc": dict(
        side=300, sizes=(30, 60, 111, 162, 213, 264, 315), ratios=USUAL,
        steps=(8, 16, 32, 64, 100, 300), maps=(38, 19, 10, 5, 3, 1),
    ),
    "ssd512-mobilenet1.0": dict(
        side=512, sizes=(51.2, 102.4, 189.4, 276.4, 363.52, 450.6, 492), ratios=USUAL,
        steps=(16, 32, 64, 128, 256, 512), maps=(32, 16, 8, 4, 2, 1),
    ),
    "ssd300-mobilenet1.0-lite": dict(
        side=300, sizes=(60, 105, 150, 195, 240, 285, 300), ratios=(FEW, *(MANY,) * 5),
        steps=(16, 32, 64, 100, 150, 300), maps=(19, 10, 5, 3, 2, 1), lite=True,
    ),
}  # fmt: skip


def rounded(values) -> list:
    """Nested lists of numbers with nine digits."""
    values = values.asnumpy() if isinstance(values, nd.NDArray) else np.asarray(values)
    if values.dtype.kind in "iub":
        return values.tolist()
    digits = np.vectorize(lambda x: float(f"{x:.{DIGITS}g}"), otypes=[float])
    return digits(values.astype(np.float64)).tolist() if values.size else []


def anchors_of(side, sizes, ratios, steps, maps, lite=False) -> nd.NDArray:
    """(1, N, 4) cx, cy, w, h in pixels."""
    generator = LiteAnchorGenerator if lite else SSDAnchorGenerator
    found = []
    for k, (own, step, cells) in enumerate(zip(ratios, steps, maps, strict=True)):
        block = generator(k, (side, side), sizes[k : k + 2], own, step, (cells, cells))
        block.initialize()
        found.append(block(nd.zeros((1, 1, cells, cells))))
    return nd.concat(*found, dim=1)


def anchors() -> dict:
    """Sums over all anchors and every 97th row."""
    found = {}
    for name, setting in SETTINGS.items():
        rows = anchors_of(**setting).asnumpy()[0]
        found[name] = {
            "setting": setting,
            "count": len(rows),
            "sums": rounded(rows.astype(np.float64).sum(axis=0)),
            "every_97th": rounded(rows[::97]),
            "last": rounded(rows[-1]),
        }
    return found


def heads() -> tuple[nd.NDArray, nd.NDArray]:
    """The outputs that losses are taken of: sin(.37 n), (2, 8732, 21); .5 cos(.11 n), (…, 4)."""
    scores = np.sin(0.37 * np.arange(2 * 8732 * 21)).reshape(2, 8732, 21)
    offsets = 0.5 * np.cos(0.11 * np.arange(2 * 8732 * 4)).reshape(2, 8732, 4)
    return nd.array(scores.astype(np.float32)), nd.array(offsets.astype(np.float32))


def padded_truths() -> tuple[nd.NDArray, nd.NDArray]:
    boxes, classes = np.full((2, 4, 4), -1.0), np.full((2, 4), -1.0)
    for k in range(2):
        boxes[k, : len(TRUTHS[k])], classes[k, : len(CLASSES[k])] = TRUTHS[k], CLASSES[k]
    return nd.array(boxes), nd.array(classes)


def targets() -> dict:
    """Who answers for what, in both forms of the generator."""
    boxes, classes = padded_truths()
    scores, _ = heads()
    own = anchors_of(**SETTINGS["ssd300-vgg16-voc"])
    mined = SSDTargetGenerator()(own, scores, boxes, classes)
    every = SSDTargetGenerator(negative_mining_ratio=-1)(own, None, boxes, classes)
    pictures = [_picture(k, mined, every) for k in range(2)]
    return {"truths_px_xyxy": TRUTHS, "classes": CLASSES, "pictures": pictures}


def _picture(k: int, mined, every) -> dict:
    found = mined[0][k].asnumpy().astype(int)
    positive = np.flatnonzero(found > 0)
    assert (every[0][k].asnumpy().astype(int)[positive] == found[positive]).all()
    values, counts = np.unique(found[positive], return_counts=True)
    offsets = mined[1][k].asnumpy()
    return {
        "positive_anchors": positive.tolist(),
        "class_plus_1": found[positive].tolist(),
        "positives_by_class_plus_1": {str(v): int(c) for v, c in zip(values, counts, strict=True)},
        "offsets": rounded(offsets[positive]),
        "offsets_abs_sum": rounded(np.abs(offsets.astype(np.float64)).sum()),
        "target_generator_negatives": np.flatnonzero(found == 0).tolist(),
        "target_generator_ignored": int((found < 0).sum()),
    }


def losses() -> dict:
    """SSDMultiBoxLoss of the outputs of heads(), its gradients and its hard negatives."""
    boxes, classes = padded_truths()
    scores, offsets = heads()
    own = anchors_of(**SETTINGS["ssd300-vgg16-voc"])
    wanted = SSDTargetGenerator(negative_mining_ratio=-1)(own, None, boxes, classes)
    for x in (scores, offsets):
        x.attach_grad()
    with mx.autograd.record():
        total, of_classes, of_boxes = SSDMultiBoxLoss()(scores, offsets, wanted[0], wanted[1])
    total[0].backward()
    positives = (wanted[0] > 0).sum(axis=1).asnumpy().astype(int)
    pictures = []
    for k in range(2):
        moved = scores.grad[k].asnumpy().astype(np.float64)
        pulled = offsets.grad[k].asnumpy().astype(np.float64)
        taken = np.flatnonzero(np.abs(moved).sum(axis=1) > 0)
        positive = np.flatnonzero(wanted[0][k].asnumpy() > 0)
        batch = [float(part[0][k].asscalar()) for part in (of_classes, of_boxes, total)]
        share = positives.sum() / positives[k]
        pictures.append(
            {
                "batch": dict(zip(("class", "box", "sum"), rounded(batch), strict=True)),
                "sample": dict(
                    zip(("class", "box", "sum"), rounded(np.array(batch) * share), strict=True)
                ),
                "hard_negatives": np.setdiff1d(taken, positive).tolist(),
                "score_gradient_abs_sum": rounded(np.abs(moved).sum()),
                "score_gradient_rows": rounded(moved[taken[::9]]),
                "score_gradient_of_anchors": taken[::9].tolist(),
                "offset_gradient_abs_sum": rounded(np.abs(pulled).sum()),
                "offset_gradient_rows": rounded(pulled[positive]),
            }
        )
    return {"positives": positives.tolist(), "pictures": pictures}


def decoding() -> dict:
    """Boxes of outputs, scores in both ways, and whole detections of a picture."""
    own = anchors_of(**SETTINGS["ssd300-vgg16-voc"])
    _, offsets = heads()
    decoded = NormalizedBoxCenterDecoder((0.1, 0.1, 0.2, 0.2))(offsets, own).asnumpy()[0]
    logits = np.array([[2.0, -4.0, 0.5, 1.5, 4.0, 3.9], [5.0, 0.0, 1.0, 0.5, -1.0, 0.2]])
    probs = nd.softmax(nd.array(logits).reshape((1, 2, 6)), axis=-1)
    best, score = MultiClassDecoder(thresh=0.01)(probs)
    ids, each = MultiPerClassDecoder(6, thresh=0.01)(probs)
    return {
        "boxes_px_xyxy": {str(k): rounded(decoded[k]) for k in (0, 5000, 8731)},
        "boxes_sum": rounded(decoded.astype(np.float64).sum(axis=0)),
        "logits": logits.tolist(),
        "argmax": {"class": rounded(best[0].reshape(-1)), "score": rounded(score[0].reshape(-1))},
        "per_class": {"class": rounded(ids[0]), "score": rounded(each[0])},
        "detections": {way: _detections(own, way) for way in ("class", "argmax")},
    }


def detection_heads() -> tuple[np.ndarray, np.ndarray]:
    """RandomState(7): scores 2 N(0, 1), (8732, 21), the background's + 7; then .5 N(0, 1)."""
    chance = np.random.RandomState(7)
    scores = 2 * chance.standard_normal((8732, 21))
    scores[:, 0] += 7
    return scores.astype(np.float32), (0.5 * chance.standard_normal((8732, 4))).astype(np.float32)


def _detections(own: nd.NDArray, way: str) -> dict:
    """As SSD.hybrid_forward() puts them together: top 400, IoU .45 within a class, 100 kept."""
    scores, offsets = (nd.array(x).expand_dims(0) for x in detection_heads())
    boxes = NormalizedBoxCenterDecoder((0.1, 0.1, 0.2, 0.2))(offsets, own)
    probs = nd.softmax(scores, axis=-1)
    if way == "argmax":
        ids, each = MultiClassDecoder(thresh=0.01)(probs)
        rows = nd.concat(ids.reshape((1, -1, 1)), each.reshape((1, -1, 1)), boxes, dim=-1)
    else:
        ids, each = MultiPerClassDecoder(21, thresh=0.01)(probs)
        rows = nd.concat(
            *(
                nd.concat(ids[:, :, k : k + 1], each[:, :, k : k + 1], boxes, dim=-1)
                for k in range(20)
            ),
            dim=1,
        )
    kept = nd.contrib.box_nms(
        rows, overlap_thresh=0.45, topk=400, valid_thresh=0.01, id_index=0, score_index=1,
        coord_start=2, force_suppress=False,
    )[0, :100].asnumpy()  # fmt: skip
    kept = kept[kept[:, 0] >= 0]
    return {
        "class": kept[:, 0].astype(int).tolist(),
        "score": rounded(kept[:, 1]),
        "boxes_px_xyxy": rounded(kept[:, 2:]),
    }


def focal() -> dict:
    """FocalLoss with alpha .25 and gamma 2 of two anchors with three classes."""
    logits, labels = [[2.0, -1.0, 0.5], [0.0, 0.0, 0.0]], [0, 2]
    given = nd.array(logits).reshape((1, 2, 3)), nd.array(labels).reshape((1, 2))
    mean, total = (FocalLoss(num_class=3, size_average=way)(*given) for way in (True, False))
    return {
        "logits": logits, "labels": labels, "mean": rounded(mean)[0], "sum": rounded(total)[0],
    }  # fmt: skip


if __name__ == "__main__":
    for part in (anchors, targets, losses, decoding, focal):
        text = json.dumps(part(), separators=(",", ":"))
        (HERE / f"{part.__name__}.json").write_text(text.replace('],"', '],\n"') + "\n")
