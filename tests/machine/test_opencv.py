"""OpenCV's import."""

from __future__ import annotations

import importlib
import sys

import numpy as np
import pytest

from darkpy.errors import DarkpyError
from darkpy.machine import opencv


class _Broken:
    """An importer under which cv2 fails."""

    def __init__(self, message):
        self.message = message

    def find_spec(self, name, path=None, target=None):
        if name == "cv2":
            raise ImportError(self.message)


@pytest.mark.parametrize(
    ("message", "cures"),
    [
        (
            "libGL.so.1: cannot open shared object file",
            ["apt install libgl1", "opencv-python-headless"],
        ),
        ("No module named 'cv2'", ["pip install opencv-python"]),
    ],
)
def test_a_failing_import_names_its_cures(monkeypatch, message, cures):
    monkeypatch.delitem(sys.modules, "cv2")
    monkeypatch.setattr(sys, "meta_path", [_Broken(message), *sys.meta_path])

    with pytest.raises(DarkpyError) as caught:
        importlib.reload(opencv)

    assert message in str(caught.value)
    assert all(cure in str(caught.value) for cure in cures)


def test_planes_gives_grey_pictures_their_channel_back():
    assert opencv.planes(np.zeros((2, 3))).shape == (2, 3, 1)
    assert opencv.planes(np.zeros((2, 3, 3))).shape == (2, 3, 3)
