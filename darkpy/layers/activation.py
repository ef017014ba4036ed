"""[activation]: an activation on its own; and all of them by their cfg names.

Formulas from Darknet's src/activations.h.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from darkpy.layers.base import LAYERS, Layer
from darkpy.registry import Registry
from darkpy.sections.base import Plan

ACTIVATIONS: Registry[Callable[[Tensor], Tensor]] = Registry("activation")

LEAKY_SLOPE = 0.1
SELU_SCALE, SELU_ALPHA = 1.0507, 1.6732  # as the C program rounds them
NORM_CHAN_EPS = 1e-4  # activate_array_normalize_channels(), src/activations.c


def _linear(x: Tensor) -> Tensor:
    return x


def _loggy(x: Tensor) -> Tensor:
    return 2 * torch.sigmoid(x) - 1


def _ramp(x: Tensor) -> Tensor:
    return F.relu(x) + 0.1 * x


# A function of a module, not a lambda: so a network can be pickled.
_RELIE = partial(F.leaky_relu, negative_slope=0.01)
_LEAKY = partial(F.leaky_relu, negative_slope=LEAKY_SLOPE, inplace=True)
_REVLEAKY = partial(F.leaky_relu, negative_slope=LEAKY_SLOPE)
_GELU = partial(F.gelu, approximate="tanh")


def _stair(x: Tensor) -> Tensor:
    steps = x.floor()
    risen = (x / 2).floor()
    return torch.where(steps % 2 == 0, risen, x - steps + risen)


def _plse(x: Tensor) -> Tensor:
    middle = 0.125 * x + 0.5
    return torch.where(x < -4, 0.01 * (x + 4), torch.where(x > 4, 0.01 * (x - 4) + 1, middle))


def _lhtan(x: Tensor) -> Tensor:
    return torch.where(x < 0, 0.001 * x, torch.where(x > 1, 0.001 * (x - 1) + 1, x))


def _selu(x: Tensor) -> Tensor:
    return SELU_SCALE * torch.where(x >= 0, x, SELU_ALPHA * torch.expm1(x.clamp(max=0)))


def _hard_mish(x: Tensor) -> Tensor:
    return torch.where(x > 0, x, torch.where(x > -2, x * x / 2 + x, torch.zeros_like(x)))


def _norm_chan(x: Tensor) -> Tensor:
    positive = x.clamp(min=0)
    return positive / (positive.sum(dim=1, keepdim=True) + NORM_CHAN_EPS)


def _norm_chan_softmax(x: Tensor) -> Tensor:
    raised = x.exp()
    return raised / (raised.sum(dim=1, keepdim=True) + NORM_CHAN_EPS)


def _norm_chan_softmax_maxval(x: Tensor) -> Tensor:
    return _norm_chan_softmax(x - x.amax(dim=1, keepdim=True))


for _name, _function in {
    "linear": _linear,
    "logistic": torch.sigmoid,
    "loggy": _loggy,
    "relu": F.relu,
    "relu6": F.relu6,
    "relie": _RELIE,
    "ramp": _ramp,
    "leaky": _LEAKY,
    "revleaky": _REVLEAKY,
    "tanh": torch.tanh,
    "plse": _plse,
    "stair": _stair,
    "hardtan": F.hardtanh,
    "lhtan": _lhtan,
    "elu": F.elu,
    "selu": _selu,
    "gelu": _GELU,
    "swish": F.silu,
    "mish": F.mish,
    "hard_mish": _hard_mish,
    "norm_chan": _norm_chan,
    "norm_chan_softmax": _norm_chan_softmax,
    "norm_chan_softmax_maxval": _norm_chan_softmax_maxval,
    "normalize_channels": _norm_chan,
    "normalize_channels_softmax": _norm_chan_softmax,
    "normalize_channels_softmax_maxval": _norm_chan_softmax_maxval,
}.items():
    ACTIVATIONS.add(_name, _function)


@LAYERS("activation")
class Activation(Layer):
    """(B, C, H, W) -> the same shape."""

    steady = True

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.activation = ACTIVATIONS[self.options.activation]

    def forward(self, x: Tensor) -> Tensor:
        return self.activation(x.clone())  # leaky works in place, and others may read x too
