"""The result files of `detector valid`: one a class for PASCAL VOC, one for COCO or ImageNet."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import PurePath

import numpy as np

from darkpy.errors import DataError
from darkpy.metrics.collected import Detected

# numbers that COCO gives the 80 classes of coco.names: coco_ids, Darknet's src/detector.c
_COCO_GAPS = {12, 26, 29, 30, 45, 66, 68, 69, 71, 83}
COCO_CATEGORIES = tuple(number for number in range(1, 91) if number not in _COCO_GAPS)

# What the classes are called in forms that know their own, by their numbers; same place.
FORM_NAMES = {
    "kitti": ("car", "pedestrian", "cyclist"),
    "bdd": (
        *("bike", "bus", "car", "motor", "person", "rider"),
        *("traffic light", "traffic sign", "train", "truck"),
    ),
}


def picture_id(path: str) -> str:
    """The file's name up to its first dot; basecfg(), Darknet's src/utils.c."""
    return re.split(r"[/\\]", path)[-1].split(".")[0]


def voc_lines(
    path: str, detections: Detected, picture_hw: tuple[int, int]
) -> Iterator[tuple[int, str]]:
    """(class, line) for `comp4_det_test_<name>.txt`; picture_hw (h, w) in pixels.

    A line is picture, probability, xmin ymin xmax ymax: pixels counted from 1, cut at the picture.
    print_detector_detections(), Darknet's src/detector.c.
    """
    h, w = picture_hw
    corners = _corners_px(detections, picture_hw, first_pixel=1)
    corners = np.column_stack(
        (np.maximum(corners[:, :2], 1), np.minimum(corners[:, 2:], np.float32((w, h))))
    )
    probs = detections.probs.numpy()
    for row, k in np.argwhere(probs):
        numbers = " ".join(f"{number:f}" for number in (probs[row, k], *corners[row]))
        yield int(k), f"{picture_id(path)} {numbers}"


def coco_entries(path: str, detections: Detected, picture_hw: tuple[int, int]) -> Iterator[str]:
    """Entries of `coco_results.json`; picture_hw (h, w) in pixels; print_cocos(), src/detector.c.

    Raises DataError for a picture without a COCO number or a class that COCO does not have.
    """
    h, w = picture_hw
    number = coco_number(path)
    corners = _corners_px(detections, picture_hw, first_pixel=0)
    low = np.maximum(corners[:, :2], 0)
    size = np.minimum(corners[:, 2:], np.float32((w, h))) - low
    probs = detections.probs.numpy()
    if probs.shape[1] > len(COCO_CATEGORIES):
        raise DataError(
            f"eval=coco has {len(COCO_CATEGORIES)} classes, the network {probs.shape[1]}; "
            "take eval=voc"
        )
    for row, k in np.argwhere(probs):
        box = ", ".join(f"{number:f}" for number in (*low[row], *size[row]))
        yield (
            f'{{"image_id":{number}, "category_id":{COCO_CATEGORIES[k]}, '
            f'"bbox":[{box}], "score":{probs[row, k]:f}}}'
        )


def imagenet_lines(number: int, detections: Detected, picture_hw: tuple[int, int]) -> Iterator[str]:
    """Lines of `imagenet-detection.txt`; print_imagenet_detections(), Darknet's src/detector.c.

    number: the picture's in the list, from 1. A line is that number, the class's number from 1,
    probability, xmin ymin xmax ymax in pixels, cut at the picture. The C program writes 200
    classes whatever the network has, and with fewer what lies behind them in memory.
    """
    for k, prob, *corners in _cut_px(detections, picture_hw):
        numbers = " ".join(f"{value:f}" for value in (prob, *corners))
        yield f"{number} {k + 1} {numbers}"


def bdd_entries(path: str, detections: Detected, picture_hw: tuple[int, int]) -> Iterator[str]:
    """Entries of `bdd_results.json`; print_bdd_detections(), Darknet's src/detector.c.

    The picture is named without .jpg; the box is xmin, ymin, xmax, ymax in pixels.
    """
    name = json.dumps(re.split(r"[/\\]", path)[-1].replace(".jpg", ""), ensure_ascii=False)
    for k, prob, *corners in _cut_px(detections, picture_hw):
        box = ", ".join(f"{value:f}" for value in corners)
        yield (
            f'\t{{\n\t\t"name":{name},\n\t\t"category":"{FORM_NAMES["bdd"][k]}",\n'
            f'\t\t"bbox":[{box}],\n\t\t"score":{prob:f}\n\t}}'
        )


def kitti_lines(detections: Detected, picture_hw: tuple[int, int]) -> Iterator[str]:
    """Lines of a picture's file; print_kitti_detections(), Darknet's src/detector.c.

    What is not known of an object in space has KITTI's numbers for that.
    """
    for k, prob, *corners in _cut_px(detections, picture_hw):
        box = " ".join(f"{value:f}" for value in corners)
        name = FORM_NAMES["kitti"][k]
        yield f"{name} -1 -1 -10 {box} -1 -1 -1 -1000 -1000 -1000 -10 {prob:f}"


def coco_file(entries: Iterable[str]) -> str:
    """The text of `coco_results.json`."""
    return "[\n" + ",\n".join(entries) + "\n]\n"


def coco_number(path: str) -> int:
    """The picture's number in COCO: 42 for 000000000042.jpg and COCO_val2014_000000000042.jpg.

    Darknet reads the leading digits only, so that every picture of 2014 is its number 0.
    Raises DataError where there is none.
    """
    digits = re.search(r"^\d+|\d+$", picture_id(path))
    if not digits:
        raise DataError(
            f"{PurePath(path)}: eval=coco needs the picture's number as its name, such as "
            "000000000042.jpg; for other data take eval=voc"
        )
    return int(digits[0])


def _cut_px(detections: Detected, picture_hw: tuple[int, int]) -> Iterator[tuple]:
    """Of each detection class, probability, xmin ymin xmax ymax in pixels, cut at the picture."""
    h, w = picture_hw
    corners = _corners_px(detections, picture_hw, first_pixel=0)
    low = np.maximum(corners[:, :2], 0)
    high = np.minimum(corners[:, 2:], np.float32((w, h)))
    probs = detections.probs.numpy()
    for row, k in np.argwhere(probs):
        yield int(k), probs[row, k], *low[row], *high[row]


def _corners_px(
    detections: Detected, picture_hw: tuple[int, int], *, first_pixel: int
) -> np.ndarray:
    """Boxes as (N, 4) xyxy float32 pixels, not cut, rounded where the C program rounds."""
    h, w = picture_hw
    cxcywh = detections.boxes.numpy() * np.float32((w, h, w, h))
    centre, half = np.split(cxcywh.astype(np.float64), 2, axis=1)
    half = half / 2
    corners = np.column_stack((centre - half + first_pixel, centre + half + first_pixel))
    return corners.astype(np.float32)
