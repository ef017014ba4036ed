"""darkpy: Darknet's cfg files, trained, measured and run with PyTorch.

    detector = darkpy.load("my.cfg", "my.weights", "my.names")
    for found in detector.detect("picture.jpg"):
        print(found.name, found.probability, found.box)

The letters in shapes, everywhere in this package:
B pictures of a mini-batch, A anchors of a head, K classes, N predictions, M truths of a picture,
T truths of a mini-batch, C channels, H, W height and width.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from darkpy.version import __version__

if TYPE_CHECKING:
    from darkpy.api import Answer, Classifier, Detector, Found, detect, load, train_detector

__all__ = [
    "Answer",
    "Classifier",
    "Detector",
    "Found",
    "__version__",
    "detect",
    "load",
    "train_detector",
]


def __getattr__(name: str) -> Any:
    """Import torch only when one of the functions is asked for: `darkpy --help` needs none."""
    if name not in __all__:
        raise AttributeError(f"module 'darkpy' has no attribute '{name}'")
    from darkpy import api

    return getattr(api, name)
