"""A detector says when its network gives nothing that can be used."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from darkpy.cfg.reader import parse_cfg
from darkpy.errors import DarkpyError, InputError
from darkpy.inference.detector import Detector
from darkpy.model.network import Network
from darkpy.planning.network import plan_network

CFG = """[net]
width=32
height=32
channels=3
[convolutional]
filters=7
size=1
stride=32
activation=linear
[yolo]
mask=0
num=1
anchors=8,8
classes=2
"""


@pytest.fixture
def detector() -> Detector:
    torch.manual_seed(1)
    return Detector(Network(plan_network(parse_cfg(CFG.splitlines(), "my.cfg"))), ())


def look(detector: Detector):
    return detector.detect([np.zeros((32, 32, 3), np.uint8)], thresh=0.1)


def test_finite_outputs_are_detections(detector):
    (found,) = look(detector)

    # The one cell's objectness is logistic(0) = .5 on a black picture, its classes too: .25.
    assert found.probs.tolist() == [[0.25, 0.25]]


@pytest.mark.parametrize("output", [4, 0, 5], ids=["objectness", "box", "class"])
def test_outputs_that_are_not_finite_are_an_error_of_the_run(detector, output):
    with torch.no_grad():
        detector.network.layers[0].conv.bias[output] = torch.nan

    with pytest.raises(
        DarkpyError, match=r"my.cfg: the outputs of the network are not finite"
    ) as e:
        look(detector)
    assert not isinstance(e.value, InputError)
    assert e.value.exit_status == 1
