"""The keys of [net] that change a picture's look, whatever it is trained for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from darkpy.augment.colour import Colour
from darkpy.cfg.net import NetOptions


@dataclass(frozen=True, kw_only=True)
class LookKeys:
    """flip=, blur= and the colours: part of the recipes of detectors and classifiers alike."""

    flip: bool = True
    hue: float = 0.0
    saturation: float = 1.0
    exposure: float = 1.0
    blur: int = 0

    @staticmethod
    def of(net: NetOptions) -> dict[str, Any]:
        """Their values in a cfg, by name."""
        return {
            "flip": net.flip,
            "hue": net.hue,
            "saturation": net.saturation,
            "exposure": net.exposure,
            "blur": net.blur,
        }

    def colour(self, rng: np.random.Generator) -> Colour:
        """The next draw of hue, saturation and exposure."""
        return Colour.draw(rng, hue=self.hue, saturation=self.saturation, exposure=self.exposure)
