"""The torch module of each section kind: `[kind]` is computed in `darkpy/layers/kind.py`."""

from darkpy.layers import (
    avgpool,
    convolutional,
    dropout,
    maxpool,
    route,
    scale_channels,
    shortcut,
    upsample,
)

__all__ = [
    "avgpool",
    "convolutional",
    "dropout",
    "maxpool",
    "route",
    "scale_channels",
    "shortcut",
    "upsample",
]
