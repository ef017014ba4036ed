"""Real detections: the blood-cell net's on its 72 pictures, before any suppression."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
import torch

from darkpy.data.pictures import read_picture
from darkpy.inference.detector import Detector


class BccdPicture(NamedTuple):
    """path, boxes (N, 4), probs (N, 3) above .001, objects (M, 4) and (M,), size (h, w) px."""

    path: str
    boxes: torch.Tensor
    probs: torch.Tensor
    truth_boxes: np.ndarray
    truth_classes: np.ndarray
    size: tuple[int, int]


@pytest.fixture(scope="session")
def bccd_pictures(shared) -> list[BccdPicture]:
    folder = shared / "real" / "bccd"
    detector = Detector.load(folder / "bccd-tiny.cfg", folder / "bccd-tiny.weights")
    pictures = []
    for name in (folder / "valid.txt").read_text().split():
        pixels = read_picture(str(folder / name))
        (detections,) = detector.detect([pixels], thresh=0.001, nms=0)
        label = np.loadtxt((folder / name).with_suffix(".txt"), ndmin=2)
        pictures.append(
            BccdPicture(
                name,
                detections.boxes,
                detections.probs,
                label[:, 1:],
                label[:, 0],
                pixels.shape[:2],
            )
        )
    return pictures
