"""Folders that already divide pictures into training, validation and test."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

import numpy as np

TRAIN, VALID, TEST = range(3)
_FOLDERS = (
    (TRAIN, re.compile(r"train(ing)?(20\d\d)?", re.IGNORECASE)),
    (VALID, re.compile(r"val(id|idation)?(20\d\d)?|dev", re.IGNORECASE)),
    (TEST, re.compile(r"test(ing)?(20\d\d)?", re.IGNORECASE)),
)


def side_by_folder(paths: Sequence[str], root: str | os.PathLike[str]) -> np.ndarray | None:
    """The side of each picture, (P,), by the folders below `root` that it lies in; None if these
    do not divide the pictures.

    What lies in none of them is trained on; without a folder for validation that for test is it.
    """
    sides = np.array([_side(os.path.relpath(path, root)) for path in paths])
    if not (sides == VALID).any():
        sides[sides == TEST] = VALID
    if not (sides == TRAIN).any() or not (sides == VALID).any():
        return None
    return np.where(sides < 0, TRAIN, sides)


def _side(path: str) -> int:
    """What the first telling folder of a path says; -1 if none does."""
    folders = path.replace("\\", "/").split("/")[:-1]
    told = (side for folder in folders for side, name in _FOLDERS if name.fullmatch(folder))
    return next(told, -1)
