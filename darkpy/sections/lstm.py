"""[lstm]: long short-term memory.

A recurrent layer with a memory that it learns to write, read and erase.
"""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.sections.base import SECTIONS, WHOLE_PICTURE, Place, Plan, Shape, joined
from darkpy.sections.gru import Gates


@SECTIONS("lstm")
@dataclass(frozen=True)
class Lstm(Gates):
    """Keys of [lstm]; defaults from parse_lstm() in Darknet's src/parser.c."""

    def plan(self, place: Place) -> Plan:
        on_input, on_memory = self.gates(place, ("uf", "ui", "ug", "uo"), ("wf", "wi", "wg", "wo"))
        parts = on_memory | on_input
        row = f"LSTM Layer: {place.input.size} inputs, {self.output} outputs"
        out = Shape(self.output, 1, 1)
        arrays, windows = joined(parts), (WHOLE_PICTURE,)
        return place.plan(self, out, arrays=arrays, row=row, parts=parts, windows=windows)
