"""Boxes of the module `darknet`: what a network said about a picture, and their suppression."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from darkpy.darknet.networks import Net, Said, batch_of, embedding_layer
from darkpy.darknet.structures import DETNUMPAIR, IMAGE, DetectionMemory, held_by
from darkpy.data.resize import letterbox_frame
from darkpy.heads.base import DetectingHead
from darkpy.heads.detection import Detection
from darkpy.heads.gaussian_yolo import GaussianYolo
from darkpy.heads.region import Region
from darkpy.inference.by_cell import cell_by_cell
from darkpy.inference.suppression import darknet_order, suppress

_NONE = -1  # a detection that no class is likeliest of, or that is sorted by objectness


def get_network_boxes(
    net: Net,
    w: int,
    h: int,
    thresh: float,
    hier: float = 0.5,
    map: Any = None,
    relative: int = 0,
    pnum: Any = None,
    letter: int = 0,
) -> Any:
    """A POINTER(DETECTION) of the boxes above `thresh` in the last picture shown to the network.

    Their number goes to `pnum`, a pointer(c_int()) or byref(). Boxes are in px of a picture of
    w x h, or with relative=1 in its unit square; letter=1 if it was shown letterboxed. hier and
    map are of no account, as in the C program.
    """
    held, count = _boxes(net, net.said, 0, (h, w), thresh, bool(relative), bool(letter))
    _tell(pnum, count)
    return held.pointer()


def network_predict_batch(
    net: Net,
    im: IMAGE,
    batch_size: int,
    w: int,
    h: int,
    thresh: float,
    hier: float = 0.5,
    map: Any = None,
    relative: int = 0,
    letter: int = 0,
) -> list[DETNUMPAIR]:
    """Show pictures of the network's size, one after the other in im.data; boxes of each.

    w, h: of the pictures before they were resized; im.w and im.h are of no account.
    """
    net.show(batch_of(net, im.data, batch_size))
    found = []
    for number in range(batch_size):
        held, count = _boxes(net, net.said, number, (h, w), thresh, bool(relative), bool(letter))
        found.append(DETNUMPAIR(count, held.pointer()))
    return found


def make_network_boxes(net: Net, thresh: float = 0.0, pnum: Any = None) -> Any:
    """A POINTER(DETECTION) with room for the boxes of the last picture, all of them empty."""
    held, count = _boxes(net, net.said, 0, (1, 1), thresh, True, False)
    _tell(pnum, count)
    empty = DetectionMemory(np.zeros((count, 4)), np.zeros(count), np.zeros_like(held.probs))
    return empty.pointer()


def do_nms_sort(dets: Any, total: int, classes: int, thresh: float) -> None:
    """Class by class the likelier box silences its like; sorts `dets` as the C program does."""
    held = held_by(dets)
    table, rows = held.table[:total], held.numbers(total)
    probs = torch.from_numpy(held.probs[rows][:, :classes])
    order = darknet_order(probs)
    boxes = torch.from_numpy(table["bbox"].copy())[order]
    held.probs[rows[order.numpy()], :classes] = suppress(boxes, probs[order], threshold=thresh)
    table[:] = table[order.numpy()]
    table["sort_class"] = classes - 1


def do_nms_obj(dets: Any, total: int, classes: int, thresh: float) -> None:
    """The box with more objectness silences its like whatever their classes; sorts `dets`."""
    held = held_by(dets)
    table = held.table[:total]
    order = np.argsort(-table["objectness"], kind="stable")
    table[:] = table[order]
    boxes = torch.from_numpy(table["bbox"].copy())
    objectness = torch.from_numpy(table["objectness"].copy())[:, None]
    kept = suppress(boxes, objectness, threshold=thresh)[:, 0].numpy()
    table["objectness"], table["sort_class"] = kept, _NONE
    held.probs[held.numbers(total)[kept == 0], :classes] = 0


def free_detections(dets: Any, n: int) -> None:
    """Nothing: the memory goes when the last who holds the detections lets go of them."""


def free_batch_detections(pairs: Sequence[DETNUMPAIR], n: int) -> None:
    """Nothing, as `free_detections`."""


def free_ptrs(pointers: Any, n: int) -> None:
    """Nothing, as `free_detections`."""


def _boxes(
    net: Net,
    said: Said,
    picture: int,
    size_hw: tuple[int, int],
    thresh: float,
    relative: bool,
    letter: bool,
) -> tuple[DetectionMemory, int]:
    """Boxes above `thresh` of one picture of the batch in the C program's order; their number."""
    parts, seen = [], []
    for index, head in net.network.detecting.items():
        by_cell = isinstance(head, Detection)
        output = said.outputs[index][picture : picture + 1]
        with torch.inference_mode():
            found = head.decode(output.float(), said.net_hw)
        place = slice(None) if by_cell else cell_by_cell(output, found.boxes.shape[1])
        boxes, objectness, probs = (
            values[0].cpu()[place].numpy()
            for values in (found.boxes, found.objectness, found.probs)
        )
        deviations = _uncertain(head, output, said.net_hw, place, len(boxes))
        looks = _looks(head, said, picture, place, len(boxes))
        above = objectness > thresh
        boxes, objectness, probs = boxes[above], objectness[above], probs[above]
        probs = objectness[:, None] * probs
        if by_cell:
            boxes = boxes * np.float32((*size_hw[::-1],) * 2)
        else:
            boxes = _placed(boxes, size_hw, said.net_hw, relative, letter)
        probs = np.where(probs > thresh, probs, np.float32(0))
        parts.append((boxes, objectness, probs, deviations[above]))
        seen.append(looks[above])
    boxes, objectness, probs, uncertain = (np.concatenate(p) for p in zip(*parts, strict=True))
    held = DetectionMemory(boxes, objectness, probs, uncertain if uncertain.any() else None)
    held.look_like(seen)
    if isinstance(head, Region) and len(probs):
        best = np.where(probs.max(axis=1) > 0, probs.argmax(axis=1), _NONE)
        held.table["best_class_idx"][: len(best)] = best
    return held, len(probs)


def _uncertain(
    head: DetectingHead, output: Tensor, net_hw: tuple[int, int], place: Tensor | slice, count: int
) -> np.ndarray:
    """Deviation of x, y, w, h of each candidate, (N, 4), which only [Gaussian_yolo] tells; or 0."""
    if not isinstance(head, GaussianYolo):
        return np.zeros((count, 4), np.float32)
    with torch.inference_mode():
        cells = head.cells(output.float(), net_hw)
        deviations = cells.x[:, :, 1 : cells.coords : 2].movedim(2, -1).flatten(1, -2)
    return deviations[0].cpu()[place].numpy()


def _looks(
    head: DetectingHead, said: Said, picture: int, place: Tensor | slice, count: int
) -> np.ndarray:
    """Embedding of each candidate, (N, S): get_embedding(), src/blas.c; (N, 0) without a layer."""
    layer = embedding_layer(head)
    if layer is None:
        return np.zeros((count, 0), np.float32)
    output = said.outputs[layer][picture].float().cpu()
    rows = output.unflatten(0, (len(head.mask), -1)).movedim(1, -1).flatten(0, -2)
    return rows[place].numpy()


def _placed(
    boxes: np.ndarray,
    size_hw: tuple[int, int],
    net_hw: tuple[int, int],
    relative: bool,
    letter: bool,
) -> np.ndarray:
    """Boxes (N, 4) of the unit square of the network's input -> those of the picture."""
    (h, w), (net_h, net_w) = size_hw, net_hw
    if letter:
        new_h, new_w = letterbox_frame(h, w, net_h, net_w)
        share = np.float32((new_w / net_w, new_h / net_h))
        margin = np.array(((net_w - new_w) / 2 / net_w, (net_h - new_h) / 2 / net_h))
        centre = (boxes[:, :2] - margin) / share
        boxes = np.concatenate((centre, boxes[:, 2:] / share), axis=1).astype(np.float32)
    return boxes if relative else boxes * np.float32((w, h, w, h))


def _tell(pnum: Any, count: int) -> None:
    """Write a number where a pointer(c_int()), a byref(c_int()) or a c_int says."""
    if pnum is None:
        return
    target = getattr(pnum, "_obj", pnum)
    if hasattr(target, "value"):
        target.value = count
    else:
        target[0] = count
