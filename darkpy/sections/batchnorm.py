"""[batchnorm]: batch norm on its own.

As batch_normalize=1 of [convolutional] does, but without a convolution.
"""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.sections.base import SECTIONS, Array, LayerOptions, Place, Plan


@SECTIONS("batchnorm")
@dataclass(frozen=True)
class Batchnorm(LayerOptions):
    """[batchnorm] has no keys of its own."""

    def plan(self, place: Place) -> Plan:
        c, h, w = place.input
        names = ("biases", "scales", "rolling_mean", "rolling_variance")
        arrays = tuple(Array(name, (c,)) for name in names)
        row = f"Batch Normalization Layer: {w} x {h} x {c} image"
        return place.plan(self, place.input, arrays=arrays, row=row)
