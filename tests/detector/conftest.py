"""A tiny project of its own: pictures of one bright block each, a net that takes a second."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

from darkpy.data.dataset import Dataset
from darkpy.data.pictures import write_picture
from darkpy.inference.detector import Detections, Detector
from darkpy.session import chart, measure
from darkpy.session.measure import Seen
from tests.commands import outcome

PICTURES = 8
CFG = """[net]
batch=4
subdivisions=2
width=64
height=64
channels=3
momentum=0.9
decay=0.0005
learning_rate=0.005
burn_in=2
max_batches=6
policy=steps
steps=4
scales=.1
saturation=1.2
exposure=1.2
hue=.02

[convolutional]
batch_normalize=1
filters=8
size=3
stride=2
pad=1
activation=leaky

[convolutional]
batch_normalize=1
filters=16
size=3
stride=2
pad=1
activation=leaky

[maxpool]
size=2
stride=2

[convolutional]
filters=14
size=1
activation=linear

[yolo]
mask=0,1
anchors=12,12, 24,24
num=2
classes=2
jitter=.1
iou_loss=ciou
iou_normalizer=.07
ignore_thresh=.7
"""


@dataclass(frozen=True)
class Project:
    """Paths of a project and a way to run darkpy in its folder."""

    folder: Path
    data: Path
    cfg: Path
    capsys: pytest.CaptureFixture[str]

    def run(self, *words: object) -> tuple[int, str, str]:
        """Run a command line; gives exit status, standard output and standard error."""
        return outcome(self.capsys, words)

    def train(self, *flags: object) -> tuple[int, str, str]:
        """`detector train` on one CPU thread with a fixed seed."""
        words = ("-dont_show", "-nogpu", "-seed", 7, "-threads", 0, *flags)
        return self.run("detector", "train", self.data, self.cfg, *words)

    def change_cfg(self, old: str, new: str) -> None:
        """Replace text in the cfg; it must be there."""
        text = self.cfg.read_text()
        assert old in text
        self.cfg.write_text(text.replace(old, new))

    @property
    def final(self) -> Path:
        return self.folder / "backup/tiny_final.weights"


def _leave_charts_blank(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing takes ten times as long as the training: a blank PNG stands in for a chart."""

    def save_blank(figure: object, *paths: Path) -> None:
        for path in paths:
            path.write_bytes(b"\x89PNG")

    monkeypatch.setattr(chart, "training_figure", lambda *_, **__: None)
    monkeypatch.setattr(chart, "save_figure", save_blank)


@pytest.fixture
def finds_most(monkeypatch) -> None:
    """mAP as of a network that finds all but what is in the last picture: six iterations teach
    nothing that a measurement could see. Classes 0 and 1 then have AP 1 and .75, mAP .875."""

    def detect_all(detector: Detector, dataset: Dataset, **_: object) -> Iterator[Seen]:
        for index in range(len(dataset)):
            boxes, classes = (torch.from_numpy(each) for each in dataset.truths(index))
            probs = torch.eye(2)[classes] * (index < PICTURES - 1)
            yield Seen(index, (48, 64), Detections(boxes, torch.ones(len(boxes)), probs))

    monkeypatch.setattr(measure, "detect_all", detect_all)


@pytest.fixture
def project(request, tmp_path, monkeypatch, capsys) -> Project:
    """A fresh project in a folder that is also the working directory. Charts are left blank but
    in tests that are marked `draws`."""
    if not request.node.get_closest_marker("draws"):
        _leave_charts_blank(monkeypatch)
    monkeypatch.chdir(tmp_path)
    images = tmp_path / "images"
    images.mkdir()
    rng = np.random.default_rng(5)
    for number in range(PICTURES):
        _picture_with_block(images, number, rng)
    lines = "".join(f"images/{number}.png\n" for number in range(PICTURES))
    (tmp_path / "train.txt").write_text(lines)
    (tmp_path / "obj.names").write_text("square\nbar\n")
    data = tmp_path / "obj.data"
    data.write_text("classes=2\ntrain=train.txt\nvalid=train.txt\nnames=obj.names\nbackup=backup\n")
    cfg = tmp_path / "tiny.cfg"
    cfg.write_text(CFG)
    return Project(tmp_path, data, cfg, capsys)


def _picture_with_block(images: Path, number: int, rng: np.random.Generator) -> None:
    kind = number % 2
    h, w = 48, 64
    box_w, box_h = (14, 14) if kind == 0 else (26, 10)
    left, top = int(rng.integers(0, w - box_w)), int(rng.integers(0, h - box_h))
    pixels = rng.integers(0, 60, (h, w, 3), dtype=np.uint8)
    pixels[top : top + box_h, left : left + box_w] = (250, 240, 200)
    write_picture(images / f"{number}.png", pixels)
    numbers = ((left + box_w / 2) / w, (top + box_h / 2) / h, box_w / w, box_h / h)
    row = " ".join(f"{value:.6f}" for value in numbers)
    (images / f"{number}.txt").write_text(f"{kind} {row}\n")
