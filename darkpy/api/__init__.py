"""darkpy from Python: load a detector or classifier, show it pictures, measure it, train it.

Pictures are in RGB order wherever they come as arrays; what OpenCV read is BGR: give
`bgr[..., ::-1]`.
"""

from __future__ import annotations

from darkpy.api.classifier import Answer, Classifier
from darkpy.api.detector import Detector
from darkpy.api.found import Found
from darkpy.api.functions import detect, load
from darkpy.api.training import train_detector

__all__ = ["Answer", "Classifier", "Detector", "Found", "detect", "load", "train_detector"]
