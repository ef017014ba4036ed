"""Detections of the module `darknet` as lists, in the forms of its three generations."""

from __future__ import annotations

from collections.abc import Sequence
from ctypes import c_int, pointer
from typing import Any

import numpy as np

from darkpy.darknet.boxes import do_nms_sort, free_detections, get_network_boxes
from darkpy.darknet.images import as_image
from darkpy.darknet.networks import Net, predict_image
from darkpy.darknet.structures import METADATA, DetectionMemory, Label

Box = tuple[float, float, float, float]  # cx, cy, w, h
Found = tuple[str, float, Box]
Told = tuple[str, str, Box]

# The names that performDetect() read, which are told instead of those of a METADATA.
alternatives: list[str] = []


def detect(
    net: Net,
    meta: METADATA | Sequence[str],
    image: Any,
    thresh: float = 0.5,
    hier_thresh: float = 0.5,
    nms: float = 0.45,
    debug: bool = False,
) -> list[Found] | list[Told]:
    """As `detect_image`, of a picture file. Generations A and B.

    image: a path, an IMAGE or an array (H, W, 3) uint8 in RGB order (OpenCV's BGR is turned by
    `bgr[..., ::-1]`). Boxes are in px of the picture; it is stretched, not letterboxed.
    """
    return detect_image(net, meta, as_image(image), thresh, hier_thresh, nms, debug)


def detect_image(
    network: Net,
    class_names: METADATA | Sequence[str],
    image: Any,
    thresh: float = 0.5,
    hier_thresh: float = 0.5,
    nms: float = 0.45,
    debug: bool = False,
) -> list[Found] | list[Told]:
    """Objects of a picture: (name, probability, (cx, cy, w, h) in px of it).

    class_names: a METADATA gives probabilities 0..1, the likeliest first (generations A and B);
    a list of names gives percentages as text, "97.5", sorted as text, so that "100.0" comes
    before "97.5" (generation C). image: an IMAGE, a path, or an array (H, W, 3) uint8 in RGB order.
    """
    im = as_image(image)
    number = c_int(0)
    predict_image(network, im)
    dets = get_network_boxes(network, im.w, im.h, thresh, hier_thresh, None, 0, pointer(number), 0)
    older = isinstance(class_names, METADATA)
    names = _names(class_names) if older else class_names
    if nms:
        do_nms_sort(dets, number.value, class_names.classes if older else len(names), nms)
    found = remove_negatives(dets, names, number.value)
    free_detections(dets, number.value)
    if older:
        return sorted(found, key=lambda one: -one[1])
    return sorted(decode_detection(found), key=lambda one: one[1])


def classify(net: Net, meta: METADATA, im: Any) -> list[tuple[str, float]]:
    """All classes of a classifier with their probabilities, the likeliest first."""
    out = predict_image(net, im)
    names = _names(meta)[: meta.classes]
    return sorted(((name, out[i]) for i, name in enumerate(names)), key=lambda one: -one[1])


def remove_negatives(detections: Any, class_names: Sequence[str], num: int) -> list[Found]:
    """(name, probability, (cx, cy, w, h)) of each class above 0 of the first `num` detections."""
    held = getattr(detections, "held", None)
    if isinstance(held, DetectionMemory):
        probs = held.probs[held.numbers(num)][:, : len(class_names)]
        boxes = held.table["bbox"][:num].tolist()
        return [
            (class_names[number], float(probs[row, number]), tuple(boxes[row]))
            for row, number in np.argwhere(probs > 0).tolist()
        ]
    return [
        (name, detections[row].prob[number], _box(detections[row]))
        for row in range(num)
        for number, name in enumerate(class_names)
        if detections[row].prob[number] > 0
    ]


def remove_negatives_faster(detections: Any, class_names: Sequence[str], num: int) -> list[Found]:
    """As `remove_negatives`, but only the class that best_class_idx names, which [region] sets."""
    found = []
    for row in range(num):
        one = detections[row]
        best = one.best_class_idx
        if best >= 0:
            found.append((class_names[best], one.prob[best], _box(one)))
    return found


def decode_detection(detections: Sequence[Found]) -> list[Told]:
    """Probabilities as percentages of two digits, as text."""
    return [(str(name), str(round(prob * 100, 2)), box) for name, prob, box in detections]


def bbox2points(bbox: Sequence[float]) -> tuple[int, int, int, int]:
    """cx, cy, w, h -> left, top, right, bottom, rounded."""
    cx, cy, w, h = bbox
    return round(cx - w / 2), round(cy - h / 2), round(cx + w / 2), round(cy + h / 2)


def non_max_suppression_fast(detections: Sequence[Any], overlap_thresh: float) -> list[Any]:
    """Detections (_, _, _, (cx, cy, w, h)) without those that a lower box covers.

    From the lowest lower edge up, each kept box silences those of whose area it covers more than
    `overlap_thresh`. Sides count one px more, as pixels do.
    """
    if not detections:
        return []
    cx, cy, w, h = np.array([one[3] for one in detections], float).T
    low, high = np.array((cx - w / 2, cy - h / 2)), np.array((cx + w / 2, cy + h / 2))
    area = (high - low + 1).prod(axis=0)
    waiting = np.argsort(high[1])
    kept = []
    while len(waiting):
        one, waiting = waiting[-1], waiting[:-1]
        kept.append(int(one))
        sides = np.minimum(high[:, [one]], high[:, waiting])
        sides -= np.maximum(low[:, [one]], low[:, waiting])
        covered = (sides + 1).clip(min=0).prod(axis=0) / area[waiting]
        waiting = waiting[covered <= overlap_thresh]
    return [detections[number] for number in kept]


def _names(meta: METADATA) -> list[str]:
    """The names of a METADATA, or those that performDetect() read."""
    return alternatives if alternatives else [Label(name) for name in meta.names]


def _box(detection: Any) -> Box:
    bbox = detection.bbox
    return bbox.x, bbox.y, bbox.w, bbox.h
