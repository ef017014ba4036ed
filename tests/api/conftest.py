"""The files that the examples of docs and docstrings name, in the working folder."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from darkpy.model.network import Network
from darkpy.model.weights import save_weights
from tests.certain import CFG, certain_files

SORTS = """[net]
batch=2
width=8
height=8
channels=3
learning_rate=.001
max_batches=2
[avgpool]
[connected]
output=2
activation=linear
[softmax]
"""


@pytest.fixture
def example_files(tmp_path, monkeypatch):
    """my.cfg, my.weights, my.names, my.data, picture.png and film.avi of two frames.

    Of a classifier sorts.cfg, sorts.weights, sorts.names, sorts.data, bright.png and dark.png.
    """
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
    _classifier_files()
    return tmp_path


def _classifier_files() -> None:
    """bright where the mean of the channels is above .5: logistic(3) = .9526 of white."""
    Path("sorts.cfg").write_text(SORTS)
    network = Network.from_cfg("sorts.cfg")
    biases, weights = network.layers[1].weights_in_file_order()
    weights.data.copy_(torch.tensor([[1.0], [-1.0]]))
    biases.data.copy_(torch.tensor([-1.5, 1.5]))
    save_weights(network, "sorts.weights", 0)
    Path("sorts.names").write_text("bright\ndark\n")
    lines = "classes=2\ntrain=sorts.txt\nvalid=sorts.txt\nlabels=sorts.names\nbackup=backup\n"
    Path("sorts.data").write_text(lines)
    Path("sorts.txt").write_text("bright.png\ndark.png\n")
    for name, level in (("bright", 255), ("dark", 0)):
        cv2.imwrite(f"{name}.png", np.full((10, 12, 3), level, np.uint8))
