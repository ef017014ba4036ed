"""[connected]: every output sees every input.

Also called dense or fully connected; fixes the size of the input.
"""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.cfg.options import key
from darkpy.sections.activation import ACTIVATION_NAMES, check_activation, keeps_input
from darkpy.sections.base import SECTIONS, WHOLE_PICTURE, Array, LayerOptions, Place, Plan, Shape
from darkpy.sections.initial import check_init, init_key

LARGEST_OUTPUT = 2**24


@SECTIONS("connected", "conn")
@dataclass(frozen=True)
class Connected(LayerOptions):
    """Keys of [connected]; defaults from parse_connected() in Darknet's src/parser.c."""

    output: int = key(1, "number of outputs", minimum=1, maximum=LARGEST_OUTPUT)
    activation: str = key("logistic", "the function on every output", choices=ACTIVATION_NAMES)
    batch_normalize: bool = key(False, "1: batch norm before the activation")
    init: str = init_key()

    def plan(self, place: Place) -> Plan:
        check_activation(place, self.activation)
        check_init(place, self.init)
        n, inputs = self.output, place.input.size
        if self.batch_normalize and place.net.mini_batch == 1 and place.net.batch > 1:
            place.warning(
                "batch_normalize",
                "batch_normalize=1 has nothing to average in training: batch= and subdivisions= of "
                "[net] leave one picture a mini-batch",
            )
        arrays = (Array("biases", (n,)), Array("weights", (n, inputs)))
        if self.batch_normalize:
            names = ("scales", "rolling_mean", "rolling_variance")
            arrays += tuple(Array(name, (n,)) for name in names)
        row = f"connected                            {inputs:4d}  ->  {n:4d}"
        kept = n * (self.batch_normalize + keeps_input(self.activation))
        facts = {"arrays": arrays, "row": row, "windows": (WHOLE_PICTURE,), "kept": kept}
        return place.plan(self, Shape(n, 1, 1), **facts)
