"""SSD of six maps as GluonCV and torchvision have it, without a backbone; outputs to give it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch

from darkpy.heads.base import Truths
from darkpy.model.network import Network

ORACLE = Path(__file__).parent.parent / "oracle"
FEW, MANY = "1,2,.5", "1,2,.5,3,.33333333"
MAPS = (38, 19, 10, 5, 3, 1)
STEPS = (8, 16, 32, 64, 100, 300)
VOC = (30, 60, 111, 162, 213, 264, 315)
COCO = (21, 45, 99, 153, 207, 261, 315)
USUAL = (FEW, MANY, MANY, MANY, FEW, FEW)
SIDE = 300


def stored(name):
    return json.loads((ORACLE / name).read_text())


def ssd_of(folder, keys="", *, side=SIDE, sizes=VOC, ratios=USUAL, steps=STEPS, maps=MAPS, own=()):
    """The heads of a cfg whose maps have the given sides; keys are all sections', own each's."""
    text = f"[net]\nwidth={side}\nheight={side}\nchannels=3\n"
    before = side
    for k, cells in enumerate(maps):
        more = own[k] if own else ""
        count = ratios[k].count(",") + 2 - ("between=none" in more)
        filters = count * (24 if "sigmoid" in keys else 25)
        step = -(-before // cells) if cells > 1 else before
        size = 3 if cells > 1 else before
        text += (
            f"[convolutional]\nfilters=3\nsize={size}\nstride={step}\npad={int(cells > 1)}\n"
            f"[convolutional]\nfilters={filters}\nsize=1\nactivation=linear\n"
            f"[ssd]\nsizes={sizes[k]},{sizes[k + 1]}\nratios={ratios[k]}\nstep={steps[k]}\n"
            f"{keys}{more}[route]\nlayers=-3\n"
        )
        before = cells
    (folder / "ssd.cfg").write_text(text)
    return list(Network.from_cfg(folder / "ssd.cfg").detecting.values())


def as_maps(heads, scores, offsets, maps=MAPS):
    """Scores (B, N, S) and offsets (B, N, 4), anchor by anchor, as the maps of the heads."""
    rows = torch.cat((offsets, scores), dim=2)
    found, begin = [], 0
    for head, cells in zip(heads, maps, strict=True):
        count = cells * cells * head.options.num
        own = rows[:, begin : begin + count].reshape(len(rows), cells, cells, -1)
        found.append(own.permute(0, 3, 1, 2).contiguous())
        begin += count
    return found


def sines(pictures):
    """The outputs that the oracles take losses of."""
    n = 8732 * pictures
    scores = np.sin(0.37 * np.arange(n * 21)).reshape(pictures, 8732, 21)
    offsets = 0.5 * np.cos(0.11 * np.arange(n * 4)).reshape(pictures, 8732, 4)
    return [torch.from_numpy(each.astype(np.float32)) for each in (scores, offsets)]


def noise():
    """The outputs that the oracles detect with."""
    chance = np.random.RandomState(7)
    scores = 2 * chance.standard_normal((1, 8732, 21))
    scores[:, :, 0] += 7
    offsets = 0.5 * chance.standard_normal((1, 8732, 4))
    return [torch.from_numpy(each.astype(np.float32)) for each in (scores, offsets)]


def truths_of(boxes_px, classes):
    """Truths from corners in px and classes, picture by picture."""
    most = max(len(own) for own in boxes_px)
    rows = torch.zeros(len(boxes_px), most, 5)
    for k, (boxes, own) in enumerate(zip(boxes_px, classes, strict=True)):
        if boxes:
            low, high = torch.tensor(boxes).float().split(2, dim=1)
            box = torch.cat(((low + high) / 2, high - low), dim=1) / SIDE
            rows[k, : len(boxes)] = torch.cat((box, torch.tensor(own)[:, None]), dim=1)
    return Truths.from_rows(rows, torch.tensor([len(boxes) for boxes in boxes_px]))


def corners_px(cxcywh):
    centre, half = cxcywh[..., :2], cxcywh[..., 2:] / 2
    return torch.cat((centre - half, centre + half), dim=-1) * SIDE
