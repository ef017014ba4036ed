"""Pictures that come as arrays of another program: what has one meaning is taken, the rest named.

A darkpy picture is (H, W, C) uint8, RGB for 3 channels and grey for 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from darkpy.errors import PictureError
from darkpy.machine.opencv import cv2

_WHITE = 255
_GREY, _RGB, _RGBA = 1, 3, 4  # channels
_WANTED = "a picture is (H, W, 3) or (H, W) of uint8 0..255 or of floats 0..1, in RGB order"
# Modes of Pillow that turn into RGB without a loss of meaning; the others have other depths.
_PLAIN_MODES = frozenset(("1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr"))


def as_pixels(picture: Any, channels: int, what: str = "the picture") -> np.ndarray:
    """Whatever holds a picture -> (H, W, channels) uint8 in rows that torch can read.

    Taken are arrays of any strides: uint8 or floats 0..1, grey (H, W), RGB or RGBA, whose alpha
    is dropped; and pictures of Pillow. The colours are in RGB order: of OpenCV's give
    `bgr[..., ::-1]`. PictureError, which begins with `what`, for all else.
    """
    if not isinstance(picture, np.ndarray):
        picture = _pillow(picture, what)
    pixels = _bytes(_planes(picture, channels, what), what)
    pixels = _coloured(pixels, channels)
    usable = pixels.flags.writeable and all(stride >= 0 for stride in pixels.strides)
    return pixels if usable else pixels.copy()


def _pillow(picture: Any, what: str) -> np.ndarray:
    """A picture of Pillow as an array; it is known by what it can do, not imported."""
    if picture is None:
        raise PictureError(f"{what} is None; cv2.imread gives that for a file it cannot read")
    if hasattr(picture, "convert") and hasattr(picture, "mode"):
        plain = picture.mode in _PLAIN_MODES
        return np.asarray(picture.convert("RGB") if plain else picture)
    kind = type(picture)
    if kind.__module__.partition(".")[0] == "torch":
        remedy = "give an array: (tensor.permute(1, 2, 0) * 255).byte().numpy() of (C, H, W) 0..1"
        raise PictureError(f"{what} is a tensor; {remedy}")
    raise PictureError(f"{what} is of type {kind.__name__}; {_WANTED}")


def _planes(picture: np.ndarray, channels: int, what: str) -> np.ndarray:
    """(H, W) or (H, W, C) -> (H, W, C), if that can be seen to be what it is."""
    shape = picture.shape
    if picture.ndim == 4:
        raise PictureError(f"{what} has the shape {shape}, a batch; give a list of its pictures")
    if picture.ndim == 2:
        picture = picture[..., None]
    usual = {_GREY, _RGB, _RGBA, channels} if channels in (_GREY, _RGB) else {channels}
    if picture.ndim != 3 or picture.shape[2] not in usual:
        planes_first = picture.ndim == 3 and shape[0] in usual
        turned = ", planes first; give picture.transpose(1, 2, 0)" if planes_first else ""
        wanted = _WANTED if channels in (_GREY, _RGB) else f"the network wants (H, W, {channels})"
        raise PictureError(f"{what} has the shape {shape}{turned or f'; {wanted}'}")
    if not picture.size:
        raise PictureError(f"{what} has the shape {shape} and so no pixel")
    return picture


def _bytes(picture: np.ndarray, what: str) -> np.ndarray:
    """uint8 as it is, floats 0..1 times 255."""
    if picture.dtype == np.uint8:
        return picture
    if not np.issubdtype(picture.dtype, np.floating):
        raise PictureError(
            f"{what} is of {picture.dtype}, whose white nobody knows; scale it to uint8 0..255 or "
            "to floats 0..1"
        )
    low, high = float(picture.min()), float(picture.max())
    if not (low >= 0 and high <= 1):
        raise PictureError(
            f"{what} is of {picture.dtype} with values from {low:g} to {high:g}; floats lie in "
            "0..1, and 0..255 is for uint8"
        )
    return np.rint(picture * _WHITE).astype(np.uint8)


def _coloured(pixels: np.ndarray, channels: int) -> np.ndarray:
    """Grey, RGB or RGBA (H, W, C) in as many channels as the network wants."""
    if pixels.shape[2] == _RGBA and channels in (_GREY, _RGB):
        pixels = pixels[..., :_RGB]
    if pixels.shape[2] == channels:
        return pixels
    if channels == _GREY:
        return cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY)[..., None]
    return np.repeat(pixels, channels, axis=2)
