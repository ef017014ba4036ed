#!/usr/bin/env python3
"""Make golden.npz of this folder with the C program's own functions.

usage: make.py libdarknet.so        (AlexeyAB/darknet 59596d78, built with LIBSO=1)

Six draws on a 20 x 24 px picture of random bytes: rotate_crop_image(), then distort_image() on the
rounded result; src/image.c. Random numbers decide the draws; darkpy takes no part.
"""

import ctypes
import sys
from pathlib import Path

import numpy as np

SIZE = 16


class Image(ctypes.Structure):
    """The C program's image: planes of float32 in 0..1."""

    _fields_ = [
        ("w", ctypes.c_int),
        ("h", ctypes.c_int),
        ("c", ctypes.c_int),
        ("data", ctypes.POINTER(ctypes.c_float)),
    ]

    @classmethod
    def of(cls, pixels: np.ndarray) -> tuple["Image", np.ndarray]:
        planes = np.ascontiguousarray(pixels.transpose(2, 0, 1), np.float32) / 255
        data = planes.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
        return cls(pixels.shape[1], pixels.shape[0], pixels.shape[2], data), planes

    def array(self) -> np.ndarray:
        planes = np.ctypeslib.as_array(self.data, (self.c, self.h, self.w))
        return planes.transpose(1, 2, 0).copy() * 255


def main() -> None:
    library = ctypes.CDLL(sys.argv[1])
    number = ctypes.c_float
    library.rotate_crop_image.restype = Image
    library.rotate_crop_image.argtypes = [
        Image, number, number, ctypes.c_int, ctypes.c_int, number, number, number,
    ]  # fmt: skip
    library.distort_image.argtypes = [Image, number, number, number]
    rng = np.random.default_rng(20)
    picture = rng.integers(256, size=(20, 24, 3), dtype=np.uint8)
    draws, crops, coloured = [], [], []
    for _ in range(6):
        scale, aspect = rng.uniform(0.6, 1.6), rng.uniform(0.7, 1.4)
        radians, dx, dy = rng.uniform(-0.6, 0.6), *rng.uniform(-4, 4, 2)
        hue, saturation, exposure = rng.uniform(-0.4, 0.4), *rng.uniform(0.6, 1.6, 2)
        image, _kept = Image.of(picture)
        made = library.rotate_crop_image(image, radians, scale, SIZE, SIZE, dx, dy, aspect)
        crops.append(made.array())
        image, planes = Image.of(np.rint(crops[-1]))
        library.distort_image(image, hue, saturation, exposure)
        coloured.append(planes.transpose(1, 2, 0) * 255)
        draws.append((scale, aspect, radians, dx, dy, hue, saturation, exposure))
    np.savez_compressed(
        Path(__file__).parent / "golden.npz",
        picture=picture,
        draws=np.array(draws),
        crops=np.float32(crops),
        coloured=np.float32(coloured),
    )


if __name__ == "__main__":
    main()
