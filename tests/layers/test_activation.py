from __future__ import annotations

import math

import pytest
import torch

from darkpy.layers.activation import ACTIVATIONS
from darkpy.sections.activation import ACTIVATION_NAMES
from tests.layers.single import channels, layer_of

E = math.e

# Each row: what the function gives for -3, -0.5, 0.5 and 3, by its formula in src/activations.h.
WORKED = {
    "linear": (-3, -0.5, 0.5, 3),
    "logistic": tuple(1 / (1 + math.exp(-x)) for x in (-3, -0.5, 0.5, 3)),
    "loggy": tuple(2 / (1 + math.exp(-x)) - 1 for x in (-3, -0.5, 0.5, 3)),
    "relu": (0, 0, 0.5, 3),
    "relu6": (0, 0, 0.5, 3),
    "relie": (-0.03, -0.005, 0.5, 3),
    "ramp": (-0.3, -0.05, 0.55, 3.3),
    "leaky": (-0.3, -0.05, 0.5, 3),
    "revleaky": (-0.3, -0.05, 0.5, 3),
    "tanh": tuple(math.tanh(x) for x in (-3, -0.5, 0.5, 3)),
    "plse": (0.125, 0.4375, 0.5625, 0.875),  # x / 8 + 1 / 2
    # floor -3 is odd: x - floor + floor(x / 2) = 0 - 2; -1 is odd: .5 - 1; 0 is even: floor(.25);
    # 3 is odd: 0 + 1.
    "stair": (-2, -0.5, 0, 1),
    "hardtan": (-1, -0.5, 0.5, 1),
    "lhtan": (-0.003, -0.0005, 0.5, 1.002),
    "elu": (E**-3 - 1, E**-0.5 - 1, 0.5, 3),
    "selu": (
        1.0507 * 1.6732 * (E**-3 - 1),
        1.0507 * 1.6732 * (E**-0.5 - 1),
        1.0507 * 0.5,
        1.0507 * 3,
    ),
    "gelu": tuple(
        x / 2 * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
        for x in (-3, -0.5, 0.5, 3)
    ),
    "swish": tuple(x / (1 + math.exp(-x)) for x in (-3, -0.5, 0.5, 3)),
    "mish": tuple(x * math.tanh(math.log1p(math.exp(x))) for x in (-3, -0.5, 0.5, 3)),
    "hard_mish": (0, -0.375, 0.5, 3),  # between -2 and 0: x * x / 2 + x
    "norm_chan": (0, 0, 0.5 / 3.5001, 3 / 3.5001),
    "norm_chan_softmax": tuple(
        E**x / (E**-3 + E**-0.5 + E**0.5 + E**3 + 1e-4) for x in (-3, -0.5, 0.5, 3)
    ),
    "norm_chan_softmax_maxval": tuple(
        E ** (x - 3) / (E**-6 + E**-3.5 + E**-2.5 + 1 + 1e-4) for x in (-3, -0.5, 0.5, 3)
    ),
}


@pytest.mark.parametrize("name", sorted(WORKED))
def test_an_activation_of_four_channels(name):
    layer = layer_of(f"[activation]\nactivation={name}", 4, 1, 1)
    found = layer(channels(-3, -0.5, 0.5, 3)).flatten().tolist()
    assert found == pytest.approx(WORKED[name], abs=1e-6)


def test_every_activation_that_a_cfg_may_name_is_computed_and_worked():
    assert set(ACTIVATION_NAMES) == set(ACTIVATIONS)
    other = {name for name in ACTIVATION_NAMES if name.startswith("normalize_channels")}
    assert set(ACTIVATION_NAMES) - other == set(WORKED)


def test_relu6_ends_at_6():
    assert ACTIVATIONS["relu6"](torch.tensor([5.5, 6.5])).tolist() == [5.5, 6]


@pytest.mark.parametrize("name", sorted(WORKED))
def test_the_layer_leaves_its_input_alone(name):
    x = channels(-3, -0.5, 0.5, 3)
    layer_of(f"[activation]\nactivation={name}", 4, 1, 1)(x)
    assert x.flatten().tolist() == [-3, -0.5, 0.5, 3]


@pytest.mark.parametrize("name", sorted(WORKED))
def test_large_values_stay_finite(name):
    if name == "norm_chan_softmax":
        return  # that is what _maxval is for: the C program overflows here too
    values = torch.tensor([-80.0, -5, 0, 5, 80]).view(1, 5, 1, 1).requires_grad_()
    result = ACTIVATIONS[name](values * 1)
    result.sum().backward()
    assert torch.isfinite(result).all()
    assert torch.isfinite(values.grad).all()
