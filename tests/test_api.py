"""darkpy from Python."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import darkpy
from darkpy.errors import DataError
from darkpy.model.network import Network
from darkpy.model.weights import save_weights

# One cell, one anchor of 8x8 px, one class; all values of the last layer are its biases.
CFG = """[net]
width=32
height=32
channels=3
[maxpool]
size=32
stride=32
[convolutional]
filters=6
size=1
activation=linear
[yolo]
classes=1
num=1
anchors=8,8
"""


@pytest.fixture
def certain(tmp_path):
    """A detector that sees one object of 8x8 px in the middle of anything."""
    cfg, weights = tmp_path / "net.cfg", tmp_path / "net.weights"
    cfg.write_text(CFG)
    network = Network.from_cfg(cfg)
    kernel = network.layers[1].conv
    kernel.weight.data.zero_()
    # x, y: logistic(0) = .5 of the one cell; w, h: exp(0) * 8 / 32; the rest: logistic(3) = .95257
    kernel.bias.data[:] = kernel.bias.new_tensor([0.0, 0.0, 0.0, 0.0, 3.0, 3.0])
    save_weights(network, weights, 0)
    return darkpy.load(cfg, weights, ["thing"])


def test_an_object_has_a_name_a_probability_and_a_box_in_pixels_of_the_picture(certain):
    (found,) = darkpy.detect(certain, np.zeros((64, 128, 3), np.uint8))

    assert found.name == "thing"
    assert found.probability == pytest.approx(0.95257**2, abs=1e-4)
    # A quarter of each side about the middle: 64 +- 16 across, 32 +- 8 down.
    assert found.box == pytest.approx((48, 24, 80, 40), abs=1e-4)


def test_nothing_is_found_above_the_threshold(certain):
    assert darkpy.detect(certain, np.zeros((8, 8, 3), np.uint8), thresh=0.95) == []


def test_a_names_file_that_is_missing_is_said(certain, tmp_path):
    with pytest.raises(DataError, match=r"none\.names"):
        darkpy.load(tmp_path / "net.cfg", tmp_path / "net.weights", tmp_path / "none.names")


def test_the_public_names_need_torch_only_when_they_are_used():
    code = "import sys, darkpy; print('torch' in sys.modules, sorted(darkpy.__all__))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    names = ["Detector", "Found", "__version__", "detect", "load", "train_detector"]
    assert out.stdout.strip() == f"False {names}"
