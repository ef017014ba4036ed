"""RetinaNet's five levels without a backbone, and the outputs that torchvision was given."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch

from darkpy.heads.base import Truths
from darkpy.model.network import Network

STORED = json.loads(
    (Path(__file__).parent.parent / "oracle" / "torchvision_retina" / "retina.json").read_text()
)
NET_HW = tuple(STORED["anchors"]["size_hw"])
STRIDES = (8, 16, 32, 64, 128)
NUM, CLASSES = 9, 3


def maps_of(net_hw=NET_HW):
    """Height and width of each level."""
    return [(net_hw[0] // stride, net_hw[1] // stride) for stride in STRIDES]


def retina_of(folder, keys="", *, net_hw=NET_HW, layout="anchor"):
    """The heads of a cfg of the five levels; keys are all sections'."""
    text = f"[net]\nwidth={net_hw[1]}\nheight={net_hw[0]}\nchannels=3\n"
    backbone = "[convolutional]\nfilters=3\nsize={0}\nstride={0}\npad=0\nactivation=leaky\n"
    one = "[convolutional]\nfilters={}\nsize=1\nactivation=linear\n"
    for stride in STRIDES:
        text += backbone.format(8 if stride == 8 else 2)
        if layout == "anchor":
            text, back = text + one.format(NUM * (CLASSES + 4)), -3
        else:
            text += one.format(NUM * CLASSES) + "[route]\nlayers=-2\n" + one.format(NUM * 4)
            text, back = text + "[route]\nlayers=-3,-1\n", -6
        text += f"[retina]\nsize={4 * stride}\nclasses={CLASSES}\nlayout={layout}\n{keys}"
        text += f"[route]\nlayers={back}\n"
    (folder / "retina.cfg").write_text(text)
    return list(Network.from_cfg(folder / "retina.cfg").detecting.values())


def outputs(pictures=4):
    """Scores (4, N, 3) and offsets (4, N, 4) as the oracle's script has them."""
    count = NUM * sum(h * w for h, w in maps_of())
    chance = np.random.RandomState(11)
    scores = chance.standard_normal((pictures, count, CLASSES)) - 2
    offsets = 0.3 * chance.standard_normal((pictures, count, 4))
    return [torch.from_numpy(each.astype(np.float32)) for each in (scores, offsets)]


def as_maps(scores, offsets, *, layout="anchor"):
    """Scores (B, N, S) and offsets (B, N, 4) as the maps of the levels."""
    found, begin = [], 0
    for h, w in maps_of():
        own = slice(begin, begin + h * w * NUM)
        parts = [each[:, own].unflatten(1, (h, w, NUM)) for each in (offsets, scores)]
        if layout == "anchor":
            rows = torch.cat(parts, dim=4).flatten(3)
        else:
            rows = torch.cat([part.flatten(3) for part in reversed(parts)], dim=3)
        found.append(rows.permute(0, 3, 1, 2).contiguous())
        begin = own.stop
    return found


def truths_of(boxes_px, classes):
    """Truths from corners in px and classes, picture by picture."""
    size = torch.tensor([NET_HW[1], NET_HW[0]])
    rows = torch.zeros(len(boxes_px), max(map(len, boxes_px)), 5)
    for row, boxes, own in zip(rows, boxes_px, classes, strict=True):
        if boxes:
            low, high = (torch.tensor(boxes).float().view(-1, 2, 2) / size).unbind(1)
            numbers = torch.tensor(own)[:, None]
            row[: len(boxes)] = torch.cat(((low + high) / 2, high - low, numbers), dim=1)
    return Truths.from_rows(rows, torch.tensor([len(boxes) for boxes in boxes_px]))


def corners_px(cxcywh):
    centre, half = cxcywh[..., :2], cxcywh[..., 2:] / 2
    size = torch.tensor([NET_HW[1], NET_HW[0]] * 2)
    return torch.cat((centre - half, centre + half), dim=-1) * size
