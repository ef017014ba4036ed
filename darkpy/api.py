"""darkpy from Python: load a detector, show it a picture, train one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from darkpy.cfg.data import read_names
from darkpy.data.pictures import read_picture
from darkpy.detector.train import run
from darkpy.flags.shared import THRESH
from darkpy.inference.detector import Detector
from darkpy.inference.shown import class_name, shown
from darkpy.machine.device import pick_device


@dataclass(frozen=True)
class Found:
    """One object: its class's name, the probability 0..1, the box in px of the picture.

    box: left, top, right, bottom, where Darknet's program would draw it; it may reach outside.
    """

    name: str
    probability: float
    box: tuple[float, float, float, float]


def load(
    cfg: str | Path,
    weights: str | Path,
    names: str | Path | Sequence[str] = (),
    *,
    gpu: int | None = None,
) -> Detector:
    """A detector ready to be shown pictures.

    names: the classes, or the .names file that lists them; numbers stand in where it is missing.
    gpu: number of the GPU; None computes on the CPU. CfgError, DataError or WeightsError says
    what is wrong with a file.
    """
    listed = read_names(names) if isinstance(names, str | Path) else tuple(names)
    device = pick_device(gpu or 0, nogpu=gpu is None)
    detector = Detector.load(cfg, weights, listed)
    return Detector(detector.network, detector.names, device)


def detect(
    detector: Detector,
    picture: str | Path | np.ndarray,
    *,
    thresh: float = THRESH,
    letter_box: bool = False,
) -> list[Found]:
    """The objects in a picture, the most probable first.

    picture: a file, or (H, W, C) uint8 RGB. An object with several classes above `thresh` comes
    once for each. PictureError if the file cannot be read.
    """
    if not isinstance(picture, np.ndarray):
        picture = read_picture(picture, channels=detector.input.c)
    (detections,) = detector.detect([picture], thresh=thresh, letter_box=letter_box)
    height, width = picture.shape[:2]
    found = [
        Found(class_name(detector.names, number), prob, _edges_px(one.box, height, width))
        for one in shown(detections, detector.names, thresh)
        for number, prob in zip(one.classes, one.probs, strict=True)
    ]
    return sorted(found, key=lambda one: -one.probability)


def train_detector(data: str, cfg: str, weights: str = "", **flags: object) -> Iterator[object]:
    """What `darkpy detector train` does: yields lines of text, and a `Trained` an iteration.

    flags: the command's, such as map=True or seed=1. Nothing is printed; the training goes on
    only while its records are taken.
    """
    return run(data, cfg, weights, **flags)


def _edges_px(
    cxcywh: tuple[float, float, float, float], height: int, width: int
) -> tuple[float, float, float, float]:
    cx, cy, w, h = cxcywh
    return (
        (cx - w / 2) * width,
        (cy - h / 2) * height,
        (cx + w / 2) * width,
        (cy + h / 2) * height,
    )
