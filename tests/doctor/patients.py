"""A net of one head, pictures of one grey level, and what a chapter says of them."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from darkpy.cfg.reader import parse_cfg
from darkpy.data.dataset import Dataset
from darkpy.doctor.report import Chapter
from darkpy.doctor.scan import Scan, scan
from darkpy.machine.opencv import cv2
from darkpy.planning.network import NetworkPlan, plan_network

NET = """[net]
batch=4
subdivisions=2
width=64
height=32
channels=3
max_batches=20
[convolutional]
filters=14
size=3
stride=8
pad=1
activation=linear
[yolo]
mask=0,1
anchors=8,8, 20,20
num=2
classes=2
"""


def planned(text: str = NET) -> NetworkPlan:
    """The plan of a cfg's text."""
    plan = plan_network(parse_cfg(text.splitlines(), "my.cfg"))
    assert not plan.findings.errors
    return plan


def write_picture(path: Path, level: int = 128, size: tuple[int, int] = (24, 32)) -> None:
    """A picture of one grey level, (height, width)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), np.full((*size, 3), level, np.uint8))


def said(chapter: Chapter) -> list[tuple[str, str]]:
    """Severity and text of all remarks."""
    return [(remark.severity, remark.text) for remark in chapter.remarks]


def scanned(dataset: Dataset) -> Scan:
    """What a scan of the data set returns in the end."""
    steps = scan(dataset, "opening")
    while True:
        try:
            next(steps)
        except StopIteration as ended:
            return ended.value


def tiff(orientation: int, order: str = "<") -> bytes:
    """A TIFF block with nothing but the tag 274, Orientation, a SHORT."""
    mark = b"II" if order == "<" else b"MM"
    entry = struct.pack(order + "HHIHH", 274, 3, 1, orientation, 0)
    return mark + struct.pack(order + "HIH", 42, 8, 1) + entry + struct.pack(order + "I", 0)


def with_exif(jpeg: bytes, block: bytes) -> bytes:
    """A JPEG with an APP1 segment after its first marker."""
    content = b"Exif\x00\x00" + block
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(content) + 2) + content + jpeg[2:]
