"""Activations by their cfg names, without comparisons: some consumers know no BOOL tensors."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import nn

from darkpy.export.emitters.base import EMITTERS
from darkpy.export.graph import Graph, Value
from darkpy.layers.activation import LEAKY_SLOPE, NORM_CHAN_EPS, SELU_ALPHA, SELU_SCALE

_RELIE_SLOPE = 0.01


def _ramp(g: Graph, x: Value) -> Value:
    return g.add(g.op("Relu", x), g.mul(x, 0.1))


def _loggy(g: Graph, x: Value) -> Value:
    return g.add(g.mul(g.op("Sigmoid", x), 2.0), -1.0)


def _plse(g: Graph, x: Value) -> Value:
    middle = g.clip(g.add(g.mul(x, 0.125), 0.5), 0, 1)
    return g.add(g.add(middle, _below(g, x, -4.0, 0.01)), _above(g, x, 4.0, 0.01))


def _lhtan(g: Graph, x: Value) -> Value:
    middle = g.clip(x, 0, 1)
    return g.add(g.add(middle, _below(g, x, 0.0, 0.001)), _above(g, x, 1.0, 0.001))


def _below(g: Graph, x: Value, bound: float, slope: float) -> Value:
    """slope * (x - bound) below the bound, else 0."""
    return g.mul(g.clip(g.add(x, -bound), None, 0), slope)


def _above(g: Graph, x: Value, bound: float, slope: float) -> Value:
    return g.mul(g.op("Relu", g.add(x, -bound)), slope)


def _stair(g: Graph, x: Value) -> Value:
    steps = g.op("Floor", x)
    risen = g.op("Floor", g.mul(x, 0.5))
    odd = g.sub(steps, g.mul(risen, 2.0))
    return g.add(risen, g.mul(odd, g.sub(x, steps)))


def _gelu(g: Graph, x: Value) -> Value:
    """The tanh form."""
    cube = g.mul(g.mul(g.mul(x, x), x), 0.044715)
    squashed = g.op("Tanh", g.mul(g.add(x, cube), 0.7978845608028654))
    return g.mul(g.mul(x, 0.5), g.add(squashed, 1.0))


def _hard_mish(g: Graph, x: Value) -> Value:
    negative = g.clip(x, -2, 0)
    return g.add(g.op("Relu", x), g.add(g.mul(g.mul(negative, negative), 0.5), negative))


def _norm_chan(g: Graph, x: Value) -> Value:
    return _shares(g, g.op("Relu", x))


def _norm_chan_softmax(g: Graph, x: Value) -> Value:
    return _shares(g, g.op("Exp", x))


def _norm_chan_softmax_maxval(g: Graph, x: Value) -> Value:
    return _norm_chan_softmax(g, g.sub(x, g.reduce("ReduceMax", x, 1)))


def _shares(g: Graph, x: Value) -> Value:
    return g.div(x, g.add(g.reduce("ReduceSum", x, 1), NORM_CHAN_EPS))


_ACTIVATIONS: dict[str, Callable[[Graph, Value], Value]] = {
    "linear": lambda g, x: x,
    "logistic": lambda g, x: g.op("Sigmoid", x),
    "loggy": _loggy,
    "relu": lambda g, x: g.op("Relu", x),
    "relu6": lambda g, x: g.clip(x, 0, 6),
    "relie": lambda g, x: g.op("LeakyRelu", x, alpha=_RELIE_SLOPE),
    "ramp": _ramp,
    "leaky": lambda g, x: g.op("LeakyRelu", x, alpha=LEAKY_SLOPE),
    "revleaky": lambda g, x: g.op("LeakyRelu", x, alpha=LEAKY_SLOPE),
    "tanh": lambda g, x: g.op("Tanh", x),
    "plse": _plse,
    "stair": _stair,
    "hardtan": lambda g, x: g.clip(x, -1, 1),
    "lhtan": _lhtan,
    "elu": lambda g, x: g.op("Elu", x, alpha=1.0),
    "selu": lambda g, x: g.op("Selu", x, alpha=SELU_ALPHA, gamma=SELU_SCALE),
    "gelu": _gelu,
    "swish": lambda g, x: g.mul(x, g.op("Sigmoid", x)),
    "mish": lambda g, x: g.mish(x),
    "hard_mish": _hard_mish,
    "norm_chan": _norm_chan,
    "norm_chan_softmax": _norm_chan_softmax,
    "norm_chan_softmax_maxval": _norm_chan_softmax_maxval,
    "normalize_channels": _norm_chan,
    "normalize_channels_softmax": _norm_chan_softmax,
    "normalize_channels_softmax_maxval": _norm_chan_softmax_maxval,
}


def activated(g: Graph, x: Value, name: str) -> Value:
    """The activation called so in a cfg."""
    return _ACTIVATIONS[name](g, x)


@EMITTERS("activation")
def activation(g: Graph, layer: nn.Module, inputs: Sequence[Value]) -> Value:
    return activated(g, inputs[0], layer.options.activation)
