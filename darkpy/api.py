"""darkpy from Python: load a detector, show it a picture, train one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, overload

import numpy as np

from darkpy.cfg.data import read_names
from darkpy.data.arrays import as_pixels
from darkpy.data.pictures import read_picture
from darkpy.detector.train import train
from darkpy.errors import DataError
from darkpy.flags.shared import THRESH
from darkpy.inference.detector import Detections, Detector
from darkpy.inference.shown import class_name, shown
from darkpy.machine.device import pick_device
from darkpy.machine.host import with_own_chance


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
    """A detector ready to be shown pictures. It can be pickled, and used in forked processes.

    names: the classes, or the .names file that lists them; numbers stand in where it is missing.
    gpu: number of the GPU; None computes on the CPU. CfgError, DataError or WeightsError says
    what is wrong with a file.
    """
    listed = read_names(names) if isinstance(names, str | Path) else tuple(names)
    device = pick_device(gpu or 0, nogpu=gpu is None)
    detector = Detector.load(cfg, weights, listed)
    if listed and len(listed) != detector.classes:
        source = str(names) if isinstance(names, str | Path) else "names"
        wanted = f"{cfg} has classes={detector.classes}"
        raise DataError(f"{source}: the number of names is {len(listed)}, but {wanted}")
    return Detector(detector.network, detector.names, device)


Picture: TypeAlias = str | Path | np.ndarray | Any


@overload
def detect(
    detector: Detector,
    picture: list[Picture] | tuple[Picture, ...],
    *,
    thresh: float = ...,
    letter_box: bool = ...,
) -> list[list[Found]]: ...


@overload
def detect(
    detector: Detector, picture: Picture, *, thresh: float = ..., letter_box: bool = ...
) -> list[Found]: ...


def detect(
    detector: Detector,
    picture: Picture | Sequence[Picture],
    *,
    thresh: float = THRESH,
    letter_box: bool = False,
) -> list[Found] | list[list[Found]]:
    """The objects in a picture, the most probable first; of a list of pictures a list for each.

    picture: a file; an array in RGB order, (H, W, 3) or grey (H, W), of uint8 0..255 or floats
    0..1 (alpha is dropped); or one of Pillow. What OpenCV read is BGR: give `bgr[..., ::-1]`.
    An object with several classes above `thresh` comes once for each. PictureError for a file
    that cannot be read, or an array that has no one meaning.
    """
    several = isinstance(picture, list | tuple)
    given = list(picture) if several else [picture]
    pixels = [
        _pixels(one, detector.input.c, f"picture {number}" if several else "the picture")
        for number, one in enumerate(given, start=1)
    ]
    found = [
        _found(detector, one, detections, thresh)
        for one, detections in zip(
            pixels, detector.detect(pixels, thresh=thresh, letter_box=letter_box), strict=True
        )
    ]
    return found if several else found[0]


def _pixels(picture: Picture, channels: int, what: str) -> np.ndarray:
    if isinstance(picture, str | Path):
        return read_picture(picture, channels)
    return as_pixels(picture, channels, what)


def _found(
    detector: Detector, pixels: np.ndarray, detections: Detections, thresh: float
) -> list[Found]:
    height, width = pixels.shape[:2]
    found = [
        Found(class_name(detector.names, number), prob, _edges_px(one.box, height, width))
        for one in shown(detections, detector.names, thresh)
        for number, prob in zip(one.classes, one.probs, strict=True)
    ]
    return sorted(found, key=lambda one: -one.probability)


def train_detector(data: str, cfg: str, weights: str = "", **flags: object) -> Iterator[object]:
    """What `darkpy detector train` does: yields lines of text, and a `Trained` an iteration.

    flags: the command's, such as map=True or seed=1. Nothing is printed; the training goes on
    only while its records are taken. torch's random state is yours: what the training draws from
    is put aside whenever it hands you a record.
    """
    return with_own_chance(train(data, cfg, weights, **flags))


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
