"""The pictures of the report page: drawn in full beside it, and small ones to embed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from darkpy.files import replacing
from darkpy.machine.opencv import cv2
from darkpy.metrics.evidence import Evidence
from darkpy.view.encoding import jpeg
from darkpy.view.report.page import Worst

FOLDER = "pictures"
_SMALL_PX = 480  # longer side of what is embedded
_SMALL_QUALITY, _FULL_QUALITY = 80, 92


@dataclass(frozen=True)
class Mistakes:
    """Of one picture, by its number: wrong detections above the threshold, and missed objects."""

    picture: int
    wrong: int
    missed: int


def most_mistaken(evidence: Evidence, thresh: float, most: int) -> Iterator[Mistakes]:
    """Pictures with mistakes, those with most first."""
    right, wrong = evidence.right_and_wrong(thresh).T
    objects = np.bincount(evidence.truth_pictures, minlength=evidence.picture_count)
    missed = objects - right
    order = np.argsort(-(wrong + missed), kind="stable")[:most]
    for number in order[(wrong + missed)[order] > 0].tolist():
        yield Mistakes(number, int(wrong[number]), int(missed[number]))


def write_worst(
    folder: Path, name: str, mistakes: Mistakes, truth: np.ndarray, found: np.ndarray
) -> Worst:
    """Write both drawings (H, W, 3) uint8 RGB of a picture; OutputError if that fails."""
    stem = f"{mistakes.picture + 1:05d}_{Path(name).stem}"
    files = [f"{FOLDER}/{stem}_{side}.jpg" for side in ("truth", "found")]
    small = [embedded(folder, *each) for each in zip(files, (truth, found), strict=True)]
    return Worst(name, mistakes.wrong, mistakes.missed, *small, *files)


def embedded(folder: Path, file: str, pixels: np.ndarray) -> bytes:
    """Write (H, W, 3) uint8 RGB in full below the page's folder; a small JPEG of it."""
    with replacing(folder / file) as out:
        out.write(jpeg(pixels, _FULL_QUALITY, file))
    return jpeg(_small(pixels), _SMALL_QUALITY, file)


def _small(pixels: np.ndarray) -> np.ndarray:
    factor = _SMALL_PX / max(pixels.shape[:2])
    if factor >= 1:
        return pixels
    h, w = (max(1, round(side * factor)) for side in pixels.shape[:2])
    return cv2.resize(pixels, (w, h), interpolation=cv2.INTER_AREA)
