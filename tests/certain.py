"""A detector whose answers can be worked out by hand, for the tests of the Python faces."""

from __future__ import annotations

from pathlib import Path

from darkpy.model.network import Network
from darkpy.model.weights import save_weights

# One cell, one anchor of 8x8 px, one class; the values of the last layer are its biases, and
# objectness grows with the brightest red.
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
PROB = 0.95257**2  # logistic(3) is .95257, of the object and of the class
PERCENT = "90.74"


def certain_files(folder: Path, *, red: float = 0.0) -> tuple[Path, Path, Path]:
    """cfg, weights and data file of a net that sees one thing of 8x8 px in the middle of anything.

    Its objectness is logistic(3 - red * (1 - brightest red)): with red=9 nothing is seen where all
    is black, logistic(-6) being .0025.
    """
    cfg, weights, data = (folder / name for name in ("net.cfg", "net.weights", "net.data"))
    cfg.write_text(CFG)
    (folder / "net.names").write_text("thing\n")
    data.write_text(f"classes=1\nnames={folder / 'net.names'}\n")
    network = Network.from_cfg(cfg)
    kernel = network.layers[1].conv
    kernel.weight.data.zero_()
    kernel.weight.data[4, 0] = red
    # x, y: logistic(0) = .5 of the one cell; w, h: exp(0) * 8 / 32
    kernel.bias.data[:] = kernel.bias.new_tensor([0.0, 0.0, 0.0, 0.0, 3.0 - red, 3.0])
    save_weights(network, weights, 0)
    return cfg, weights, data
