"""Pictures of the module `darknet`: IMAGE structures in planes of floats 0..1, in RGB order.

Wherever an IMAGE is wanted an array (H, W, C) does too, uint8 in RGB order, and so does a path.
What OpenCV read is BGR: give `bgr[..., ::-1]`.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import torch

from darkpy.darknet.structures import IMAGE, floats
from darkpy.data.arrays import as_pixels
from darkpy.data.pictures import read_picture
from darkpy.data.resize import letterbox_planes, stretch_planes

_SHARES = (np.arange(256) / 255.0).astype(np.float32)  # the C program divides in double


def make_image(w: int, h: int, c: int) -> IMAGE:
    """A black picture."""
    return IMAGE(w, h, c, np.zeros(w * h * c, np.float32))


def free_image(im: IMAGE) -> None:
    """Nothing: the memory goes when the last who holds the picture lets go of it."""


def copy_image_from_bytes(im: IMAGE, pdata: Any) -> None:
    """Fill a picture from h*w*c bytes, pixel by pixel in RGB order, 0..255.

    ValueError if there are too few; what OpenCV read is BGR and has to be turned before.
    """
    pixels = np.frombuffer(pdata, np.uint8)
    wanted = im.h * im.w * im.c
    if pixels.size < wanted:
        raise ValueError(f"{pixels.size} bytes for a picture of {im.w}x{im.h}x{im.c}: {wanted}")
    planes = pixels[:wanted].reshape(im.h, im.w, im.c).transpose(2, 0, 1)
    planes_of(im)[...] = _SHARES[planes]


def array_to_image(arr: np.ndarray) -> tuple[IMAGE, np.ndarray]:
    """(H, W, C) of 0..255 in RGB order -> an IMAGE, and the array of its floats."""
    planes = np.ascontiguousarray(np.asarray(arr).transpose(2, 0, 1))
    values = _SHARES[planes] if planes.dtype == np.uint8 else np.float32(planes) / 255
    values = values.reshape(-1)
    h, w, c = arr.shape
    return IMAGE(w, h, c, values), values


def load_image(filename: str | bytes, w: int = 0, h: int = 0, c: int = 3) -> IMAGE:
    """A picture file in RGB order, resized to w x h unless they are 0. PictureError names it."""
    im, _ = array_to_image(read_picture(os.fsdecode(filename), c or 3))
    if w and h and (w, h) != (im.w, im.h):
        return resize_image(im, w, h)
    return im


def load_image_color(filename: str | bytes, w: int = 0, h: int = 0) -> IMAGE:
    """`load_image` with 3 channels."""
    return load_image(filename, w, h)


def resize_image(im: IMAGE, w: int, h: int) -> IMAGE:
    """A picture stretched to w x h, as the C program does it."""
    planes = torch.from_numpy(planes_of(im))
    return _image_of(stretch_planes(planes, h, w).numpy())


def letterbox_image(im: IMAGE, w: int, h: int) -> IMAGE:
    """A picture with its aspect kept, in the middle of grey w x h."""
    planes = torch.from_numpy(planes_of(im))
    return _image_of(letterbox_planes(planes, h, w).numpy())


def rgbgr_image(im: IMAGE) -> None:
    """Swap red and blue, in place."""
    planes = planes_of(im)
    planes[[0, 2]] = planes[[2, 0]]


def as_image(picture: Any) -> IMAGE:
    """An IMAGE as it is; of a path or an array (H, W, C) in RGB order an IMAGE is made."""
    if isinstance(picture, IMAGE):
        return picture
    if isinstance(picture, str | bytes | os.PathLike):
        return load_image(os.fspath(picture))
    if isinstance(picture, tuple) and picture and isinstance(picture[0], IMAGE):
        return picture[0]  # what array_to_image() gave, as it is
    return array_to_image(as_pixels(picture, 3))[0]


def planes_of(im: IMAGE) -> np.ndarray:
    """The floats of a picture, (C, H, W), which change with it."""
    return floats(im.data, im.c * im.h * im.w).reshape(im.c, im.h, im.w)


def _image_of(planes: np.ndarray) -> IMAGE:
    c, h, w = planes.shape
    return IMAGE(w, h, c, planes)
