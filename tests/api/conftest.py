"""The files that the examples of docs and docstrings name, in the working folder."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.certain import CFG, certain_files


@pytest.fixture
def example_files(tmp_path, monkeypatch):
    """my.cfg, my.weights, my.names, my.data, picture.png and film.avi of two frames."""
    monkeypatch.chdir(tmp_path)
    _, weights, _ = certain_files(tmp_path)
    weights.rename("my.weights")
    training = "batch=2\nsubdivisions=1\nlearning_rate=0.001\nmax_batches=2\n[maxpool]"
    (tmp_path / "my.cfg").write_text(CFG.replace("[maxpool]", training))
    (tmp_path / "my.names").write_text("thing\n")
    lines = "classes=1\ntrain=list.txt\nvalid=list.txt\nnames=my.names\nbackup=backup\n"
    (tmp_path / "my.data").write_text(lines)
    (tmp_path / "list.txt").write_text("picture.png\n")
    (tmp_path / "picture.txt").write_text("0 0.5 0.5 0.25 0.25\n")
    white = np.full((64, 128, 3), 255, np.uint8)
    cv2.imwrite("picture.png", white)
    film = cv2.VideoWriter("film.avi", cv2.VideoWriter_fourcc(*"MJPG"), 10, (128, 64))
    for _ in range(2):
        film.write(white)
    film.release()
    return tmp_path
