"""[scale_channels]: an earlier layer, each channel times a number that the layer before gives.

With a branch [avgpool], [convolutional], [convolutional] before it, it is squeeze-and-excite:
important channels grow, others fade.
"""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.cfg.options import key
from darkpy.sections.base import SECTIONS, Place, Shape
from darkpy.sections.scaling import Scaling, sides_of


@SECTIONS("scale_channels")
@dataclass(frozen=True)
class ScaleChannels(Scaling):
    """Keys of [scale_channels]; defaults from parse_scale_channels(), src/parser.c."""

    from_: int | None = key(
        None, "the layer whose channels are multiplied; negative counts back from here"
    )
    scale_wh: bool = key(False, "1: the layer before holds a factor a pixel, not one a channel")

    def _check_factors(self, place: Place, source: int, scaled: Shape) -> None:
        factors = Shape(1, scaled.h, scaled.w) if self.scale_wh else Shape(scaled.c, 1, 1)
        if place.input != factors:
            has, wants = sides_of(place.input), sides_of(factors)
            place.error(
                "from", f"the layer before gives {has} factors, layer {source} needs {wants}"
            )
