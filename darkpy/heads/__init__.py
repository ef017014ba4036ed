"""The kinds with a loss: raw values with truths -> loss, and of detectors raw values -> boxes."""

from darkpy.layers.base import LAYERS

__all__ = [
    "contrastive",
    "cost",
    "detection",
    "gaussian_yolo",
    "region",
    "retina",
    "softmax",
    "ssd",
    "yolo",
]

_OTHER_NAMES = {
    "Gaussian_yolo": "gaussian_yolo",
    "soft": "softmax",
    "yolo": "yolo.head",
}
LAYERS.found_in(__name__, (kind for kind in __all__ if kind != "gaussian_yolo"), _OTHER_NAMES)
