"""[gru]: gated recurrent units.

A recurrent layer that learns what to keep and what to forget.
"""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.cfg.options import key
from darkpy.sections.base import SECTIONS, WHOLE_PICTURE, LayerOptions, Place, Plan, Shape, joined
from darkpy.sections.connected import LARGEST_OUTPUT, Connected
from darkpy.sections.initial import init_key


@dataclass(frozen=True)
class Gates(LayerOptions):
    """The keys that [gru] and [lstm] share."""

    output: int = key(1, "number of outputs", minimum=1, maximum=LARGEST_OUTPUT)
    batch_normalize: bool = key(False, "1: batch norm in all parts")
    init: str = init_key()

    def gates(self, place: Place, on_input: tuple[str, ...], on_memory: tuple[str, ...]):
        """The plans of the parts that see the input, and of those that see the memory."""
        matrix = Connected(
            output=self.output,
            activation="linear",
            batch_normalize=self.batch_normalize,
            init=self.init,
        )
        memory = Shape(self.output, 1, 1)
        return (
            {name: place.part(matrix, place.input) for name in on_input},
            {name: place.part(matrix, memory) for name in on_memory},
        )


@SECTIONS("gru")
@dataclass(frozen=True)
class Gru(Gates):
    """Keys of [gru]; defaults from parse_gru() in Darknet's src/parser.c."""

    def plan(self, place: Place) -> Plan:
        on_input, on_memory = self.gates(
            place, ("input_z", "input_r", "input_h"), ("state_z", "state_r", "state_h")
        )
        parts = on_input | on_memory
        row = f"GRU Layer: {place.input.size} inputs, {self.output} outputs"
        out = Shape(self.output, 1, 1)
        arrays, windows = joined(parts), (WHOLE_PICTURE,)
        return place.plan(self, out, arrays=arrays, row=row, parts=parts, windows=windows)
