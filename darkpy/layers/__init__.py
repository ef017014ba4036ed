"""The torch module of each section kind: `[kind]` is computed in `darkpy/layers/kind.py`."""

from darkpy.layers.base import LAYERS

__all__ = [
    "activation",
    "avgpool",
    "batchnorm",
    "connected",
    "conv_lstm",
    "convolutional",
    "crnn",
    "crop",
    "dropout",
    "empty",
    "gru",
    "history",
    "implicit",
    "l2norm",
    "local",
    "local_avgpool",
    "lstm",
    "maxpool",
    "normalization",
    "reorg",
    "reorg3d",
    "rnn",
    "route",
    "sam",
    "scale_channels",
    "shortcut",
    "upsample",
]

_OTHER_NAMES = {
    "avg": "avgpool",
    "conn": "connected",
    "conv": "convolutional",
    "silence": "empty",
    "local_avg": "local_avgpool",
    "max": "maxpool",
    "lrn": "normalization",
}
LAYERS.found_in(__name__, __all__, _OTHER_NAMES)
