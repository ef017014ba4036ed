"""[activation]: an activation on its own.

For nets that activate after something other than a [convolutional]. Here stand also the names of
all activations.
"""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.cfg.options import key
from darkpy.sections.base import SECTIONS, LayerOptions, Place, Plan

ACTIVATION_NAMES = (
    "linear",
    "logistic",
    "loggy",
    "relu",
    "relu6",
    "relie",
    "ramp",
    "leaky",
    "revleaky",
    "tanh",
    "plse",
    "stair",
    "hardtan",
    "lhtan",
    "elu",
    "selu",
    "gelu",
    "swish",
    "mish",
    "hard_mish",
    "norm_chan",
    "norm_chan_softmax",
    "norm_chan_softmax_maxval",
    "normalize_channels",
    "normalize_channels_softmax",
    "normalize_channels_softmax_maxval",
)

_ONLY_AFTER_CONVOLUTIONS = ("swish", "mish", "hard_mish", *ACTIVATION_NAMES[-6:])


# Their slope follows from the result alone.
_SLOPE_FROM_OUTPUT = ("linear", "logistic", "relu", "leaky", "tanh")


def keeps_input(name: str) -> bool:
    """Whether training must keep what went into the activation, not only what came out."""
    return name not in _SLOPE_FROM_OUTPUT


def check_activation(place: Place, name: str) -> None:
    """Warn of an activation that the C program computes after convolutions only.

    activate() in Darknet's src/activations.c gives zeros for it.
    """
    if name in _ONLY_AFTER_CONVOLUTIONS:
        message = f"activation={name} is computed here, but the C program would give zeros"
        place.warning("activation", message)


@SECTIONS("activation")
@dataclass(frozen=True)
class Activation(LayerOptions):
    """Keys of [activation]; defaults from parse_activation() in Darknet's src/parser.c."""

    activation: str = key("linear", "the function on every value", choices=ACTIVATION_NAMES)

    def plan(self, place: Place) -> Plan:
        check_activation(place, self.activation)
        row = f"Activation Layer: {place.input.size} inputs"
        return place.plan(self, place.input, row=row)
