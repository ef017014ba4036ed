"""[implicit]: trained values that do not depend on the picture.

YOLOR's and YOLOv7's implicit knowledge: a [scale_channels] or [shortcut] brings them in.
"""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.cfg.options import key
from darkpy.sections.base import SECTIONS, Array, LayerOptions, Place, Plan, Shape


@SECTIONS("implicit")
@dataclass(frozen=True)
class Implicit(LayerOptions):
    """Keys of [implicit]; defaults from parse_implicit() in Darknet's src/parser.c."""

    mean: float = key(0.0, "middle of the values that training begins with")
    std: float = key(
        0.2, "the values that training begins with lie so far from the middle at most", minimum=0
    )
    filters: int = key(128, "number of channels", minimum=1, maximum=2**17)
    atoms: int = key(1, "values of each channel", minimum=1, maximum=2**17)

    def plan(self, place: Place) -> Plan:
        out = Shape(self.filters, self.atoms, 1)
        row = f"implicit Layer: {self.filters} x {self.atoms}  mean={self.mean:.2f}, "
        row += f"std={self.std:.2f}"
        return place.plan(self, out, arrays=(Array("weights", tuple(out)),), row=row)
