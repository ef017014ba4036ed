"""init=: what the weights of a layer begin with, by its formula."""

from __future__ import annotations

import math

import pytest
import torch

from darkpy.cfg.reader import parse_cfg
from darkpy.planning.network import plan_network
from darkpy.sections.initial import Beginning, start_of
from tests.layers.single import layer_of

PREDICTOR = "[convolutional]\nfilters=84\nsize=3\npad=1\nactivation=linear\ninit="


def weights_of(text, c=512, h=4, w=4):
    torch.manual_seed(2)
    layer = layer_of(text, c, h, w)
    biases, weights = layer.weights_in_file_order()
    assert biases.abs().sum() == 0
    return weights.detach()


def test_xavier_out_is_the_tutorials():
    # sqrt(2 / (84 * 9)) = .0514 for GluonCV's predictor of 84 outputs on 512 channels.
    weights = weights_of(PREDICTOR + "xavier_out")

    assert float(weights.std()) == pytest.approx(0.0514, rel=0.01)
    assert weights.abs().max() > 3 * 0.0514  # normal, not uniform


@pytest.mark.parametrize(
    ("init", "bound"),
    [
        ("darknet", math.sqrt(2 / (512 * 9))),
        ("xavier", math.sqrt(2 / ((512 + 84) * 9 / 2))),
        ("xavier:3", math.sqrt(3 / ((512 + 84) * 9 / 2))),
        ("uniform:.07", 0.07),
    ],
)
def test_uniform_ones_have_their_bounds(init, bound):
    weights = weights_of(PREDICTOR + init)

    assert bound * 0.99 < float(weights.abs().max()) <= bound
    assert float(weights.std()) == pytest.approx(bound / math.sqrt(3), rel=0.01)


def test_normal_has_its_deviation():
    assert float(weights_of(PREDICTOR + "normal:.01").std()) == pytest.approx(0.01, rel=0.01)


def test_a_group_sees_its_own_channels_alone():
    # 64 filters on 8 of 64 channels: 8 * 9 inputs, 64 * 9 outputs of a value, as torch counts them.
    text = "[convolutional]\nfilters=64\ngroups=8\nsize=3\npad=1\nactivation=linear\ninit=xavier"

    bound = math.sqrt(4 / ((8 + 64) * 9))
    assert 0.98 * bound < float(weights_of(text, c=64).abs().max()) <= bound


def test_matrices_and_local_kernels_have_it_too():
    matrix = weights_of("[connected]\noutput=300\nactivation=linear\ninit=xavier_out", c=20)
    local = weights_of("[local]\nfilters=40\nsize=3\npad=1\nactivation=linear\ninit=xavier_out", 8)

    assert float(matrix.std()) == pytest.approx(math.sqrt(2 / 300), rel=0.02)
    assert float(local.std()) == pytest.approx(math.sqrt(2 / (40 * 9)), rel=0.02)


@pytest.mark.parametrize("kind", ["gru", "lstm", "rnn", "crnn", "conv_lstm"])
def test_recurrent_layers_give_it_to_their_parts(kind):
    pad = "pad=1\n" * kind.startswith("c")
    layer = layer_of(f"[{kind}]\noutput=4\n{pad}init=uniform:0", 2, 4, 4)

    assert all(t.abs().sum() == 0 for t in layer.weights_in_file_order())


def test_what_init_says():
    assert start_of("xavier") == Beginning("xavier", 2.0)
    assert start_of("normal:.01") == Beginning("normal", 0.01)
    wrong = [
        "",
        "normal",
        "normal:",
        "normal:-1",
        "uniform:inf",
        "darknet:2",
        "kaiming",
        "xavier:a",
    ]
    assert [start_of(text) for text in wrong] == [None] * len(wrong)


@pytest.mark.parametrize("kind", ["convolutional", "connected", "gru", "crnn"])
def test_an_init_that_cannot_be_read_is_said_with_what_can(kind):
    text = f"[net]\nwidth=4\nheight=4\nchannels=1\n[{kind}]\ninit=normal\npad=1"

    (error,) = plan_network(parse_cfg(text.splitlines(), "a.cfg")).findings.errors

    assert error.line == 6
    assert "init=normal is not known" in error.message
    assert "normal:DEVIATION" in error.message
