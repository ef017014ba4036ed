"""Networks of nothing but a head, for a grid small enough to think through."""

from __future__ import annotations

import torch

from darkpy.heads.base import Truths
from darkpy.model.network import Network

YOLO = """[yolo]
mask=0,1
anchors=16,16, 32,48, 60,60
classes=2
num=3
"""
GAUSSIAN = YOLO.replace("[yolo]", "[Gaussian_yolo]")
REGION = """[region]
anchors=.5,.5, 1,1.5
classes=2
num=2
softmax=1
"""
DETECTION = """[detection]
classes=2
coords=4
side=2
num=2
"""
CHANNELS = {"yolo": 14, "Gaussian_yolo": 22, "region": 14, "detection": 12}


def head_of(folder, section, keys="", *, grid=(2, 2), channels=None, net=""):
    """The head of a cfg with that one section, on a grid (H, W)."""
    kind = section[1 : section.index("]")]
    text = f"[net]\nheight={grid[0]}\nwidth={grid[1]}\nchannels={channels or CHANNELS[kind]}\n"
    (folder / "head.cfg").write_text(f"{text}{net}\n{section}{keys}\n")
    return Network.from_cfg(folder / "head.cfg").layers[0]


def truths_of(*pictures):
    """Truths from rows (cx, cy, w, h, class[, track]) a picture."""
    most = max(map(len, pictures), default=0)
    width = max((len(row) for rows in pictures for row in rows), default=5)
    table = torch.zeros(len(pictures), most, width)
    for rows, out in zip(pictures, table, strict=True):
        for number, row in enumerate(rows):
            out[number, : len(row)] = torch.tensor(row)
    return Truths.from_rows(table, torch.tensor([len(rows) for rows in pictures]))
