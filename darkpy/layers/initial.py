"""init=: the random values that the weights of a layer begin with."""

from __future__ import annotations

import math

from torch import Tensor, nn

from darkpy.sections.initial import start_of


def begin_with(weights: Tensor, init: str, inputs: int, outputs: int) -> None:
    """Fill weights in place as init= says; inputs and outputs: of a value, taps counted.

    darknet: uniform, sqrt(2 / inputs) at the most, as make_convolutional_layer() has it.
    """
    start = start_of(init)
    assert start is not None  # the plan has looked
    if start.way == "xavier_out":
        nn.init.normal_(weights, 0, math.sqrt(start.number / outputs))
    elif start.way == "normal":
        nn.init.normal_(weights, 0, start.number)
    else:
        bounds = {
            "darknet": math.sqrt(2 / inputs),
            "xavier": math.sqrt(2 * start.number / (inputs + outputs)),
            "uniform": start.number,
        }
        nn.init.uniform_(weights, -bounds[start.way], bounds[start.way])
