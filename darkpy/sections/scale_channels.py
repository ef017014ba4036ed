"""[scale_channels]: an earlier layer, each channel times a number that the layer before gives.

With a branch [avgpool], [convolutional], [convolutional] before it, it is squeeze-and-excite:
important channels grow, others fade.
"""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.cfg.options import key
from darkpy.sections.activation import ACTIVATION_NAMES, check_activation
from darkpy.sections.base import SECTIONS, LayerOptions, Place, Plan, Shape


@SECTIONS("scale_channels")
@dataclass(frozen=True)
class ScaleChannels(LayerOptions):
    """Keys of [scale_channels]; defaults from parse_scale_channels(), src/parser.c."""

    from_: int | None = key(
        None, "the layer whose channels are multiplied; negative counts back from here"
    )
    activation: str = key("linear", "the function on the products", choices=ACTIVATION_NAMES)
    scale_wh: bool = key(False, "1: the layer before holds a factor a pixel, not one a channel")

    def plan(self, place: Place) -> Plan:
        if self.from_ is None:
            place.error("from", "needs from=, the layer to scale")
            return place.plan(self, place.input)
        check_activation(place, self.activation)
        source = place.source("from", self.from_)
        if source is None:
            return place.plan(self, place.input)
        out = place.earlier[source].out
        factors = Shape(1, out.h, out.w) if self.scale_wh else Shape(out.c, 1, 1)
        if place.input != factors:
            has = "x".join(str(side) for side in (place.input.w, place.input.h, place.input.c))
            wants = "x".join(str(side) for side in (factors.w, factors.h, factors.c))
            place.error(
                "from", f"the layer before gives {has} factors, layer {source} needs {wants}"
            )
        row = f"scale Layer: {source}"
        return place.plan(
            self, out, sources=(place.index - 1, source), inputs=(place.input, out), row=row
        )
