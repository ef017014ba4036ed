"""Small sources of other programs, and a way to import them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from darkpy.data.pictures import write_picture
from darkpy.verbs import importing


@pytest.fixture
def picture(tmp_path) -> Callable[..., Path]:
    """Write a grey picture below the temporary folder, 100 x 50 px (width x height)."""

    def make(name: str, width: int = 100, height: int = 50) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_picture(path, np.full((height, width, 3), 90, np.uint8))
        return path

    return make


@pytest.fixture
def text(tmp_path) -> Callable[[str, str], Path]:
    """Write a text file below the temporary folder."""

    def make(name: str, content: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode())
        return path

    return make


@pytest.fixture
def bring(tmp_path) -> Callable[..., list[str]]:
    """Run `darkpy import` into `out`; gives the lines it prints."""

    def run(format: str, source: str, **options: object) -> list[str]:
        events = importing.run(format, str(tmp_path / source), str(tmp_path / "out"), **options)
        return [event for event in events if isinstance(event, str)]

    return run
