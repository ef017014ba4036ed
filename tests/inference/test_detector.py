"""A detector says when its network gives nothing that can be used."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from darkpy.cfg.reader import parse_cfg
from darkpy.data.resize import letterbox, resized_on, stretch
from darkpy.errors import DarkpyError, InputError
from darkpy.heads.base import Candidates
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


@pytest.mark.parametrize("letter_box", [False, True])
def test_pictures_together_are_the_pictures_one_by_one(detector, letter_box):
    numbers = torch.Generator().manual_seed(2)
    sizes = ((40, 60), (32, 32), (61, 23), (40, 60))
    pictures = [np.zeros((*size, 3), np.uint8) for size in sizes]
    boxes = torch.rand(4, 60, 4, generator=numbers)
    objectness = torch.rand(4, 60, generator=numbers)
    objectness[2] = 0  # nothing in this one
    probs = torch.rand(4, 60, 2, generator=numbers)

    def look(first, count):
        own = slice(first, first + count)
        offered = Candidates(boxes[own], objectness[own], probs[own])
        detector.network.offered = lambda images, thresh, instead: offered.above(thresh)
        return detector.detect(pictures[own], thresh=0.3, letter_box=letter_box)

    together = look(0, 4)

    assert [len(found.boxes) > 5 for found in together] == [True, True, False, True]
    assert any((found.probs == 0).all(dim=1).any() for found in together)  # silenced
    for number, one in enumerate(together):
        (other,) = look(number, 1)
        for name in ("boxes", "objectness", "probs"):
            assert torch.equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize("letter_box", [False, True])
def test_a_device_resizes_as_the_processor_does(letter_box):
    numbers = np.random.default_rng(2)
    # 49 rows on 22: Darknet's last row is nearly black there, see last_row_share().
    sizes = ((40, 60), (22, 30), (49, 23), (40, 60), (1, 1))
    pictures = [numbers.integers(256, size=(*size, 3), dtype=np.uint8) for size in sizes]
    resize = letterbox if letter_box else stretch

    made = resized_on(torch.device("cpu"), pictures, 22, 30, letter_box=letter_box)

    assert torch.equal(made, torch.stack([resize(picture, 22, 30) for picture in pictures]))
