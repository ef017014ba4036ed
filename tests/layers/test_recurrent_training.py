"""Recurrent layers in training: outputs, and updates of every part, as in the C program."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from darkpy.model.network import Network
from darkpy.model.weights import load_weights
from tests.conftest import ROOT
from tests.layers.single import channels, layer_of, set_values

FOLDER = ROOT / "tests/oracle/recurrent_train"
CASES = sorted(path.parent.name for path in FOLDER.glob("*/net.cfg"))


@pytest.mark.oracle
@pytest.mark.parametrize("case", CASES)
def test_two_mini_batches_of_a_sequence_move_every_part_as_in_the_c_program(case):
    golden = np.load(FOLDER / case / "golden.npz")
    network = Network.from_cfg(FOLDER / case / "net.cfg")
    load_weights(network, FOLDER / case / "net.weights")
    first, layer = network.train().layers
    compared = set()
    for at in range(2):
        layer.follow(goes_on=at > 0)
        output = layer(first(torch.from_numpy(golden["input"][at])))
        theirs = torch.from_numpy(golden[f"m{at}_output"])
        torch.testing.assert_close(output.detach().flatten(), theirs, rtol=0, atol=2e-6)
        delta = torch.from_numpy(golden["delta"][at])
        output.backward(-delta.view(output.shape))
        for name, part in {"first": first, **layer.parts}.items():
            values = zip(("biases", "weights"), part.weights_in_file_order(), strict=True)
            for kind, value in values:
                key = f"m{at}_{name}_{kind}"
                theirs = torch.from_numpy(golden[key])
                assert (theirs + value.grad.flatten()).norm() < 1e-5 * theirs.norm(), key
                compared.add(key)
    assert compared == {key for key in golden.files if key.endswith(("_biases", "_weights"))}


def bottleneck(keys: str = ""):
    text = f"[conv_lstm]\nsize=1\noutput=1\nbottleneck=1\nlstm_activation=linear\n{keys}"
    layer = layer_of(text, 1, 1, 1).train()
    set_values(layer, **{array.name: 0.0 for array in layer.plan.arrays})
    # The bottleneck's inputs are the last output and the input.
    set_values(layer, **{"wf.weights": [0.0, 1.0], "ug.weights": 1.0})
    return layer


@pytest.mark.parametrize(("unit", "expected"), [(1.0, 1.0), (0.5, 0.5), (8.0, 2.0)])
def test_what_reaches_a_bottleneck_is_a_delta_of_at_most_one(unit, expected):
    layer = bottleneck()
    layer.follow(goes_on=False, unit=unit)
    x = channels(3.0).requires_grad_()
    # Output = .5 * .5 * x with all gates at logistic(0) = .5: a delta of 8 asks for 8 / 4 = 2.
    layer(x).backward(torch.full((1, 1, 1, 1), 8.0))
    assert x.grad.item() == expected


def test_a_limit_of_the_cells_stops_no_gradient():
    text = "[conv_lstm]\nsize=1\noutput=1\nlstm_activation=linear\nstate_constrain=1"
    layer = layer_of(text, 1, 1, 1, net="time_steps=2\nbatch=2").train()
    set_values(layer, **{array.name: 0.0 for array in layer.plan.arrays})
    set_values(layer, **{"ug.weights": 1.0})
    x = torch.tensor([8.0, 0.0]).view(2, 1, 1, 1).requires_grad_()
    output = layer(x)
    # Cells .5 * 8 = 4, shown as .5 * 4, kept as 1; then .5 * 1, shown as half of it.
    assert output.flatten().tolist() == [2.0, 0.25]
    output[1].sum().backward()
    # .5 to show, .5 to keep, .5 to write, as if there were no limit; the second frame .5 * .5.
    assert x.grad.flatten().tolist() == [0.125, 0.25]
