"""What each [section] means, without torch: options, shapes, weights, cost, table line.

`darkpy/layers/kind.py` and `darkpy/heads/kind.py` compute what is described here; the split keeps
`darkpy check`, `net` and `--help` free of torch's seconds of import time.
"""

from darkpy.sections import (
    avgpool,
    convolutional,
    dropout,
    maxpool,
    route,
    scale_channels,
    shortcut,
    upsample,
    yolo,
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
    "yolo",
]
