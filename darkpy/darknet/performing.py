"""performDetect() and performBatchDetect(): generation B's all in one."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from darkpy.darknet import detecting
from darkpy.darknet.boxes import do_nms_obj, network_predict_batch
from darkpy.darknet.detecting import Found, bbox2points, detect
from darkpy.darknet.networks import load_meta, load_net_custom, network_height, network_width
from darkpy.darknet.structures import IMAGE, held_by
from darkpy.darknet.telling import say
from darkpy.data.pictures import read_picture, write_picture
from darkpy.machine.opencv import cv2
from darkpy.view.windows import show_picture

_LINE = 3  # px
_SAMPLE = "data/person.jpg"


def performDetect(
    imagePath: str = "data/dog.jpg",
    thresh: float = 0.25,
    configPath: str = "./cfg/yolov4.cfg",
    weightPath: str = "yolov4.weights",
    metaPath: str = "./cfg/coco.data",
    showImage: bool = True,
    makeImageOnly: bool = False,
    initOnly: bool = False,
) -> Any:
    """Detect in a picture file; the first call loads the network, further ones use it.

    A list of (name, probability, (cx, cy, w, h) px) with showImage=False; else a dict of
    "detections", "image" (the picture with boxes, RGB) and "caption", shown in a window unless
    makeImageOnly. initOnly: load and return None. ValueError for a file that is not there.
    """
    if not 0 < thresh < 1:
        raise ValueError(f"thresh={thresh}: the threshold lies between 0 and 1")
    _refuse_missing("config", configPath)
    _refuse_missing("weight", weightPath)
    _refuse_missing("data file", metaPath)
    held = sys.modules[__package__]
    net = held.netMain or load_net_custom(configPath, weightPath, 0, 1)
    meta = held.metaMain or load_meta(metaPath)
    names = held.altNames or [str(name) for name in meta.names]
    detecting.alternatives[:] = names
    _share({"netMain": net, "metaMain": meta, "altNames": names})
    if initOnly:
        say("Initialized detector")
        return None
    _refuse_missing("image", imagePath)
    found = detect(net, meta, imagePath, thresh)
    return _shown(imagePath, found, makeImageOnly) if showImage else found


def performBatchDetect(
    thresh: float = 0.25,
    configPath: str = "./cfg/yolov4.cfg",
    weightPath: str = "yolov4.weights",
    metaPath: str = "./cfg/coco.data",
    hier_thresh: float = 0.5,
    nms: float = 0.45,
    batch_size: int = 3,
    images: Sequence[str] = (),
) -> tuple[list[list[tuple[int, int, int, int]]], list[list[float]], list[list[int]]]:
    """Boxes (top, left, bottom, right), probabilities and class numbers of a batch of pictures.

    images: files of one size, default data/person.jpg three times. Each is drawn into a file of
    its name in the working folder, unless that is the picture itself.
    """
    paths = list(images) or [_SAMPLE] * batch_size
    net, meta = load_net_custom(configPath, weightPath, 0, len(paths)), load_meta(metaPath)
    pictures = [read_picture(path) for path in paths]
    height, width = pictures[0].shape[:2]
    size_wh = network_width(net), network_height(net)
    planes = [
        cv2.resize(picture, size_wh, interpolation=cv2.INTER_NEAREST).transpose(2, 0, 1)
        for picture in pictures
    ]
    im = IMAGE(*size_wh, 3, np.float32(planes) / 255)
    pairs = network_predict_batch(net, im, len(paths), width, height, thresh, hier_thresh)
    boxes, scores, classes = [], [], []
    for path, picture, pair in zip(paths, pictures, pairs, strict=True):
        if nms:
            do_nms_obj(pair.dets, pair.num, meta.classes, nms)
        found = _best(pair.dets, pair.num, thresh)
        boxes.append([box for box, _, _ in found])
        scores.append([score for _, score, _ in found])
        classes.append([number for _, _, number in found])
        _write_drawn(path, picture, found)
    return boxes, scores, classes


def _best(dets: Any, num: int, thresh: float) -> list[tuple[tuple[int, int, int, int], float, int]]:
    """(top, left, bottom, right), probability and number of each detection's likeliest class."""
    held = held_by(dets)
    found = []
    for (x, y, w, h), probs in zip(
        held.table["bbox"][:num].tolist(), held.probs[held.numbers(num)], strict=True
    ):
        number = int(probs.argmax())
        if probs[number] > thresh:
            box = int(y - h / 2), int(x - w / 2), int(y + h / 2), int(x + w / 2)
            found.append((box, float(probs[number]), number))
    return found


def _write_drawn(path: str, picture: np.ndarray, found: Sequence[Any]) -> None:
    target = Path(path).name
    if os.path.exists(target) and os.path.samefile(target, path):
        return  # the working folder is the pictures' own
    for (top, left, bottom, right), score, _ in found:
        cv2.rectangle(picture, (left, top), (right, bottom), _colour(score), 2)
    write_picture(target, picture)


def _shown(path: str, found: Sequence[Found], make_only: bool) -> dict[str, Any]:
    """The picture with boxes from red (unsure) to green (sure), and what the detections say."""
    picture = read_picture(path)
    say(f"*** {len(found)} Results, color coded by confidence ***")
    captions = []
    for label, probability, bbox in found:
        captions.append(f"{label}: {np.rint(100 * probability)}%")
        say(captions[-1])
        left, top, right, bottom = bbox2points(bbox)
        cv2.rectangle(picture, (left, top), (right, bottom), _colour(probability), _LINE)
    if not make_only and not show_picture("darknet", picture):
        say("Unable to show image: there is no screen")
    return {"detections": found, "image": picture, "caption": "\n<br/>".join(captions)}


def _colour(probability: float) -> tuple[int, int, int]:
    """Red, green, blue."""
    return int(255 * (1 - probability**2)), int(255 * probability**2), 0


def _refuse_missing(what: str, path: str) -> None:
    if not os.path.exists(path):
        raise ValueError(f"Invalid {what} path `{os.path.abspath(path)}`")


def _share(values: dict[str, Any]) -> None:
    """Set globals of this package, and of each module that took all of its names.

    A darknet.py that holds `from darkpy.darknet import *` has netMain of its own, which scripts
    read after performDetect().
    """
    for module in list(sys.modules.values()):
        names = getattr(module, "__dict__", {})
        if names.get("performDetect") is performDetect and "netMain" in names:
            names.update(values)
