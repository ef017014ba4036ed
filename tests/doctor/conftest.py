"""Small data sets, written to the current folder and scanned."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from darkpy.cfg.data import DataOptions
from darkpy.data.dataset import read_dataset
from darkpy.doctor.pictures import Examined
from tests.doctor.patients import scanned, write_picture


@pytest.fixture
def examined(tmp_path, monkeypatch) -> Callable[..., Examined]:
    """Scan a list from `name -> text of its label file` (None: none); the folder is the current.

    Picture i of all lists has grey level 10 * i, so that no two are alike.
    """
    monkeypatch.chdir(tmp_path)
    levels = iter(range(0, 250, 10))

    def make(
        labels: dict[str, str | None],
        role: str = "train",
        *,
        classes: int = 2,
        size: tuple[int, int] = (24, 32),
        prepare: Callable[[], None] = lambda: None,
    ) -> Examined:
        for name, text in labels.items():
            write_picture(Path(f"{name}.png"), next(levels), size)
            if text is not None:
                Path(f"{name}.txt").write_text(text)
        prepare()
        Path(f"{role}.txt").write_text("".join(f"{name}.png\n" for name in labels))
        dataset = read_dataset(f"{role}.txt", DataOptions(Path("obj.data")), classes)
        return Examined(role, dataset, scanned(dataset))

    return make
