"""What each [section] means, without torch: options, shapes, weights, cost, table line.

`darkpy/layers/kind.py` and `darkpy/heads/kind.py` compute what is described here; the split keeps
`darkpy check`, `net` and `--help` free of torch's seconds of import time.
"""

from darkpy.sections.base import SECTIONS

__all__ = [
    "activation",
    "avgpool",
    "batchnorm",
    "connected",
    "contrastive",
    "conv_lstm",
    "convolutional",
    "cost",
    "crnn",
    "crop",
    "detection",
    "dropout",
    "empty",
    "fpn",
    "gaussian_yolo",
    "gru",
    "history",
    "implicit",
    "l2norm",
    "local",
    "local_avgpool",
    "lstm",
    "maxpool",
    "normalization",
    "region",
    "reorg",
    "reorg3d",
    "retina",
    "rnn",
    "route",
    "sam",
    "scale_channels",
    "shortcut",
    "softmax",
    "ssd",
    "upsample",
    "yolo",
]

_OTHER_NAMES = {
    "avg": "avgpool",
    "conn": "connected",
    "conv": "convolutional",
    "silence": "empty",
    "Gaussian_yolo": "gaussian_yolo",
    "local_avg": "local_avgpool",
    "max": "maxpool",
    "lrn": "normalization",
    "soft": "softmax",
}
SECTIONS.found_in(__name__, (kind for kind in __all__ if kind != "gaussian_yolo"), _OTHER_NAMES)
