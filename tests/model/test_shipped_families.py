"""A step of training of the shipped SSDs and RetinaNets, at small sizes."""

from __future__ import annotations

import math

import pytest
import torch

from darkpy.cfg.reader import read_cfg
from darkpy.cfg.shipped import shipped_cfgs
from darkpy.cfg.sized import at_size
from darkpy.heads.base import Moment, Truths
from darkpy.model.network import Network
from darkpy.planning.network import plan_network

SIDES = {"ssd512-mobilenet1.0": 256, "ssd300-mobilenetv2": 160, "retinanet-mobilenet": 128}
# The layer that the first map comes from; the last one of RetinaNet.
LAST_OF_FIRST_MAP = {
    "ssd512-mobilenet1.0": 22,
    "ssd300-mobilenetv2": 47,
    "retinanet-mobilenet": 100,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SIDES)
def test_a_step_has_a_finite_loss_that_the_layers_of_the_first_map_hear_of(name):
    torch.manual_seed(1)
    side = SIDES[name]
    network = Network(plan_network(at_size(read_cfg(shipped_cfgs()[name]), (side, side)))).train()
    rows = torch.tensor([[[0.5, 0.5, 0.4, 0.3, 2], [0.2, 0.3, 0.1, 0.2, 7]]]).repeat(2, 1, 1)
    truths = Truths.from_rows(rows, torch.tensor([2, 1]))

    output = network.train_on(torch.rand(2, 3, side, side), truths, Moment())
    output.gradient_root.backward()

    parts = [loss.parts for loss in output.losses.values() if loss.parts]
    values = {key: float(value) for part in parts for key, value in part.items()}
    assert set(values) == {"class", "box"}
    assert all(math.isfinite(value) and value > 0 for value in values.values())
    silent = [
        layer.plan.index
        for layer in network.layers
        if any(p.grad is None or not p.grad.any() for p in layer.parameters())
    ]
    # A map of SSD of which no anchor answers or is a hard negative hears nothing; the first one
    # has both, and all of RetinaNet's anchors are asked for something.
    assert [index for index in silent if index <= LAST_OF_FIRST_MAP[name]] == []
    if name.startswith("retinanet"):
        # All scores begin with a probability of .01: nothing is far from what nearly all asks for.
        assert values["class"] < 3
