"""Small data sets, written to a temporary folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from darkpy.cfg.data import DataOptions
from darkpy.data.dataset import Dataset, read_dataset
from darkpy.machine.opencv import cv2


def write_picture(path: Path, level: int = 128, size: tuple[int, int] = (24, 32)) -> None:
    """A PNG of one grey level, (height, width)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), np.full((*size, 3), level, np.uint8))


@pytest.fixture
def make_dataset(tmp_path) -> Callable[..., Dataset]:
    """Build a data set from `name -> text of its label file` (None: no label file).

    Picture i has grey level 20*i + 10, and is 32 x 24 px.
    """

    def make(labels: dict[str, str | None], classes: int = 2) -> Dataset:
        for i, (name, text) in enumerate(labels.items()):
            write_picture(tmp_path / f"{name}.png", 20 * i + 10)
            if text is not None:
                (tmp_path / f"{name}.txt").write_text(text)
        listing = tmp_path / "train.txt"
        listing.write_text("".join(f"{name}.png\n" for name in labels))
        return read_dataset(listing, DataOptions(tmp_path / "obj.data"), classes)

    return make
