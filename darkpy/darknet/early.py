"""What pjreddie's module had in 2017, before detections were structures: boxes and rows."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from darkpy.darknet.boxes import do_nms_sort, get_network_boxes
from darkpy.darknet.images import as_image
from darkpy.darknet.networks import Net, predict_image
from darkpy.darknet.structures import BOX, FloatPtr, addresses

_PROBS = ctypes.POINTER(FloatPtr)


def num_boxes(net: Net) -> int:
    """How many boxes all cells of the network have."""
    count = 0
    for head in net.network.detecting.values():
        shape, o = head.plan.out, head.options
        anchors = len(getattr(o, "own_mask", ())) or o.num
        count += shape.h * shape.w * anchors
    return count


def make_boxes(net: Net) -> Any:
    """A pointer to as many boxes, all of them empty."""
    values = np.zeros((num_boxes(net), 4), np.float32)
    pointer = ctypes.cast(values.ctypes.data, ctypes.POINTER(BOX))
    pointer.held = values
    return pointer


def make_probs(net: Net) -> Any:
    """A pointer to as many rows of the classes' probabilities, all of them 0."""
    last = list(net.network.detecting.values())[-1]
    values = np.zeros((num_boxes(net), last.options.classes), np.float32)
    rows = addresses(values)
    pointer = ctypes.cast(rows.ctypes.data, _PROBS)
    pointer.held = values, rows
    return pointer


def network_detect(
    net: Net, im: Any, thresh: float, hier_thresh: float, nms: float, boxes: Any, probs: Any
) -> None:
    """Fill what make_boxes() and make_probs() made with the objects of a picture, px of it."""
    im = as_image(im)
    predict_image(net, im)
    number = ctypes.c_int()
    dets = get_network_boxes(net, im.w, im.h, thresh, hier_thresh, None, 0, ctypes.byref(number))
    count = number.value
    rows, (values, _) = boxes.held, probs.held
    if nms:
        do_nms_sort(dets, count, values.shape[1], nms)
    rows[...], values[...] = 0, 0
    rows[:count] = dets.held.table["bbox"][:count]
    values[:count] = dets.held.probs[dets.held.numbers(count)]
