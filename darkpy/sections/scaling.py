"""What [sam] and [scale_channels] share: an earlier layer times what the layer before gives."""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.cfg.options import key
from darkpy.sections.activation import ACTIVATION_NAMES, check_activation
from darkpy.sections.base import LayerOptions, Place, Plan, Shape


@dataclass(frozen=True)
class Scaling(LayerOptions):
    """Keys of a layer that scales an earlier one."""

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
        self._check_factors(place, source, out)
        return place.plan(
            self,
            out,
            sources=(place.index - 1, source),
            inputs=(place.input, out),
            row=f"scale Layer: {source}",
        )

    def _check_factors(self, place: Place, source: int, scaled: Shape) -> None:
        """Report a layer before that does not have the shape to scale layer `source` with."""
        raise NotImplementedError


def sides_of(shape: Shape) -> str:
    """`w x h x c` without blanks, as errors have it."""
    return f"{shape.w}x{shape.h}x{shape.c}"
