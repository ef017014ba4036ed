"""[rnn]: a plain recurrent layer.

It sees its own last state beside the input: for sequences such as text.
"""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.cfg.options import key
from darkpy.sections.activation import ACTIVATION_NAMES
from darkpy.sections.base import SECTIONS, WHOLE_PICTURE, LayerOptions, Place, Plan, Shape, joined
from darkpy.sections.connected import LARGEST_OUTPUT, Connected
from darkpy.sections.initial import init_key

_LOGISTIC_CHOICES = {1: "logistic", 2: "loggy"}  # parse_rnn() and make_rnn_layer()


@SECTIONS("rnn")
@dataclass(frozen=True)
class Rnn(LayerOptions):
    """Keys of [rnn]; defaults from parse_rnn() in Darknet's src/parser.c."""

    output: int = key(1, "number of outputs", minimum=1, maximum=LARGEST_OUTPUT)
    hidden: int = key(1, "values that are remembered", minimum=1, maximum=LARGEST_OUTPUT)
    activation: str = key("logistic", "the function of all three parts", choices=ACTIVATION_NAMES)
    batch_normalize: bool = key(False, "1: batch norm before each activation")
    logistic: int = key(
        0, "activation of the memory: 0 activation=, 1 logistic, 2 loggy", minimum=0, maximum=2
    )
    shortcut: bool = key(False, "1: what was remembered is added to what is remembered next")
    init: str = init_key()

    def plan(self, place: Place) -> Plan:
        own = _LOGISTIC_CHOICES.get(self.logistic, self.activation)
        hidden = Shape(self.hidden, 1, 1)
        parts = {
            "input": place.part(self._matrix(self.hidden, self.activation), place.input),
            "self": place.part(self._matrix(self.hidden, own), hidden),
            "output": place.part(self._matrix(self.output, self.activation), hidden),
        }
        row = f"RNN Layer: {place.input.size} inputs, {self.output} outputs"
        out = parts["output"].out
        arrays, windows = joined(parts), (WHOLE_PICTURE,)
        return place.plan(self, out, arrays=arrays, row=row, parts=parts, windows=windows)

    def _matrix(self, output: int, activation: str) -> Connected:
        return Connected(
            output=output,
            activation=activation,
            batch_normalize=self.batch_normalize,
            init=self.init,
        )
