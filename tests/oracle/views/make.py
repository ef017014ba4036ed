"""Asks the C program's loader what two views of a picture have in common: make.py LIBRARY OUT,
in this repository's folder with PYTHONPATH=.

LIBRARY is libdarknet.so of AlexeyAB/darknet 59596d78 (OPENCV LIBSO), OUT the JSON file. Without
darkpy. What is counted, and of which pictures, is in README.md.
"""

from __future__ import annotations

import ctypes
import json
import sys
import tempfile
from ctypes import POINTER, c_char_p, c_float, c_int
from pathlib import Path

import numpy as np

from tests.augment.pairs_of_views import (
    COLOURS,
    INPUT_PX,
    PAIRS,
    classes_in_common,
    in_common,
    joined_in_common,
    write_pictures,
)

STILL = {"jitter": 0.0, "resize": 1.0, "hue": 0.0, "saturation": 1.0, "exposure": 1.0}

TURNED = {"jitter": 0.2, "flip": 1, "hue": 0.2, "saturation": 1.8, "exposure": 1.8}
DETECTORS = {
    "plain": TURNED,
    "contrastive_jit_flip": {**TURNED, "jit_flip": 1},
    "contrastive_color": {**TURNED, "colour": 1},
    "both": {**TURNED, "jit_flip": 1, "colour": 1},
    "zoomed": {"resize": 1.5},
    "mixup": {"mixup": 1},
    "mosaic": {"mixup": 3},
    "track": {**TURNED, "resize": 1.5, "track": 1},
}
CLASSIFIERS = {
    "plain": {"hue": 0.2, "saturation": 1.8, "exposure": 1.8},
    "mixup": {"mixup": 1},
    "cutmix": {"mixup": 2},
    "mosaic": {"mixup": 3},
    "in turns": {"mixup": 4},
}


class Matrix(ctypes.Structure):
    _fields_ = (("rows", c_int), ("cols", c_int), ("vals", POINTER(POINTER(c_float))))

    def numpy(self) -> np.ndarray:
        """(rows, cols) float32."""
        return np.array(
            [np.ctypeslib.as_array(self.vals[n], (self.cols,)) for n in range(self.rows)]
        )


class Data(ctypes.Structure):
    _fields_ = (
        *(("w", c_int), ("h", c_int), ("X", Matrix), ("y", Matrix), ("shallow", c_int)),
        *(("num_boxes", POINTER(c_int)), ("boxes", ctypes.c_void_p)),
    )


def array_of(texts: list[str]) -> ctypes.Array:
    return (c_char_p * len(texts))(*(text.encode() for text in texts))


class Library:
    """The two loaders of the C program; each call's random numbers begin with its seed."""

    def __init__(self, path: str, paths: list[str]) -> None:
        self.library, self.paths, self.many = ctypes.CDLL(path), array_of(paths), len(paths)
        self.libc = ctypes.CDLL(None)
        for name in ("load_data_detection", "load_data_augment"):
            getattr(self.library, name).restype = Data

    def detection(
        self, seed: int, *, n=2, flip=0, mixup=0, track=0, jit_flip=0, colour=0, **look
    ) -> tuple[np.ndarray, np.ndarray]:
        """Pixels (n, 3, h, w) and truths (n, 8, 6)."""
        self.libc.srand(seed)
        look = {name: c_float(value) for name, value in {**STILL, **look}.items()}
        boxes, truth_size = 8, 6
        made = self.library.load_data_detection(
            *(n, self.paths, self.many, INPUT_PX, INPUT_PX, 3, boxes, truth_size, len(COLOURS)),
            *(flip, 0, 0, mixup, look["jitter"], look["resize"]),
            *(look["hue"], look["saturation"], look["exposure"]),
            *(2, track, 1, 0, 0, 1, jit_flip, colour, 0),
        )
        pixels, truths = made.X.numpy(), made.y.numpy()
        return pixels.reshape(n, 3, INPUT_PX, INPUT_PX), truths.reshape(n, boxes, truth_size)

    def classifier(self, seed: int, *, flip=0, mixup=0, **look) -> tuple[np.ndarray, np.ndarray]:
        """Pixels (2, 3, h, w) and classes (2, 6)."""
        self.libc.srand(seed)
        look = {**STILL, **look}
        crop = look.get("crop", (INPUT_PX, INPUT_PX))
        labels = array_of([f"class{n}_" for n in range(len(COLOURS))])
        numbers = [c_float(look[name]) for name in ("hue", "saturation", "exposure")]
        made = self.library.load_data_augment(
            *(self.paths, 2, self.many, labels, len(COLOURS), None, flip, *crop),
            *(INPUT_PX, INPUT_PX, c_float(0), c_float(1), *numbers, mixup, 0, 0, c_float(0), 0, 1),
        )
        pixels, classes = made.X.numpy(), made.y.numpy()
        return pixels.reshape(2, 3, INPUT_PX, INPUT_PX), classes


def main() -> None:
    """Write the shares of every case."""
    _, library, out = sys.argv
    with tempfile.TemporaryDirectory() as folder:
        ask = Library(library, write_pictures(Path(folder)))
        seeds = range(1, PAIRS + 1)
        found = {
            "detector": {
                name: (joined_in_common if "mixup" in keys else in_common)(
                    [ask.detection(seed, **keys) for seed in seeds]
                )
                for name, keys in DETECTORS.items()
            },
            "classifier": {
                name: classes_in_common([ask.classifier(seed, **keys) for seed in seeds])
                for name, keys in CLASSIFIERS.items()
            },
        }
    Path(out).write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
