"""init=: the random values that the weights of a layer begin with."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from darkpy.cfg.options import key
from darkpy.sections.base import Place

_GLUON_MAGNITUDE = 2.0  # of mxnet's predictors; 3 is Glorot's own, and torch's
# name: its number where none is given; None: it needs one
_WAYS = {"darknet": 0.0, "xavier": _GLUON_MAGNITUDE, "xavier_out": 2.0, "normal": None}
_WAYS |= {"uniform": None}
_BARE = ("darknet", "xavier_out")  # take no number


class Beginning(NamedTuple):
    """A way to begin: its name and its number."""

    way: str
    number: float


def init_key() -> Any:
    """The key of a kind of layer with weights."""
    return key(
        "darknet",
        "the weights that training begins with: darknet, uniform up to sqrt(2/inputs); xavier, "
        "uniform up to sqrt(2/mean of inputs and outputs), GluonCV's (xavier:3: torch's); "
        "xavier_out, normal with sqrt(2/outputs); normal:S with the deviation S; uniform:B up to B",
        note="darkpy's own. Inputs and outputs are counted with the taps of the kernel; biases "
        "begin with 0 in all of them.",
    )


def start_of(init: str) -> Beginning | None:
    """What init= says; None where it cannot be read."""
    way, colon, text = init.partition(":")
    if way not in _WAYS or (colon and way in _BARE):
        return None
    number = _WAYS[way]
    if colon:
        try:
            number = float(text)
        except ValueError:
            return None
    if number is None or not 0 <= number < math.inf:
        return None
    return Beginning(way, number)


def check_init(place: Place, init: str) -> None:
    """Report an init= that cannot be read."""
    if start_of(init) is None:
        place.error(
            "init",
            f"init={init} is not known: darknet, xavier, xavier:NUMBER, xavier_out, "
            "normal:DEVIATION or uniform:BOUND is right",
        )
