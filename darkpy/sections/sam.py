"""[sam]: an earlier layer, each value times the one at its place in the layer before.

Spatial attention: every value times one of the layer before, which has the same shape.
"""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.cfg.options import key
from darkpy.sections.activation import ACTIVATION_NAMES, check_activation
from darkpy.sections.base import SECTIONS, LayerOptions, Place, Plan


@SECTIONS("sam")
@dataclass(frozen=True)
class Sam(LayerOptions):
    """Keys of [sam]; defaults from parse_sam() in Darknet's src/parser.c."""

    from_: int | None = key(None, "the layer that is multiplied; negative counts back from here")
    activation: str = key("linear", "the function on the products", choices=ACTIVATION_NAMES)

    def plan(self, place: Place) -> Plan:
        if self.from_ is None:
            place.error("from", "needs from=, the layer to scale")
            return place.plan(self, place.input)
        check_activation(place, self.activation)
        source = place.source("from", self.from_)
        if source is None:
            return place.plan(self, place.input)
        out = place.earlier[source].out
        if out != place.input:
            has, wants = (f"{s.w}x{s.h}x{s.c}" for s in (place.input, out))
            place.error(
                "from", f"the layer before is {has} but layer {source} is {wants}: both must agree"
            )
        return place.plan(
            self,
            out,
            sources=(place.index - 1, source),
            inputs=(place.input, out),
            row=f"scale Layer: {source}",
        )
