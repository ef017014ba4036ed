"""Decoding pictures, as OpenCV does in colour: turned upright by EXIF, 8 bit, no alpha."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from darkpy.errors import OutputError, PictureError
from darkpy.files import replacing
from darkpy.opencv import cv2

_KINDS = {1: cv2.IMREAD_GRAYSCALE, 3: cv2.IMREAD_COLOR}


def read_picture(path: str | Path, channels: int = 3) -> np.ndarray:
    """A picture file -> (H, W, C) uint8, RGB for 3 channels, grey for 1.

    PictureError if it is missing, empty or of no known format.
    """
    pixels = decode(file_bytes(path), path, _KINDS[channels])
    if channels == 1:
        return pixels[..., None]
    return cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)


def file_bytes(path: str | Path) -> np.ndarray:
    """The content of a picture file, (N,) uint8. PictureError if it is missing or empty."""
    try:
        raw = np.fromfile(path, dtype=np.uint8)
    except OSError as problem:
        raise PictureError.at(path, None, f"cannot be read: {problem.strerror}") from None
    if not raw.size:
        raise PictureError.at(path, None, "the file is empty; restore it or take it off the list")
    return raw


def decode(raw: np.ndarray, path: str | Path, flags: int) -> np.ndarray:
    """The pixels of a picture file's content, as OpenCV gives them for its IMREAD_ flags.

    PictureError, which names `path`, if it is of no known format.
    """
    try:
        pixels = cv2.imdecode(raw, flags)
    except cv2.error as problem:
        raise PictureError.at(path, None, f"cannot be decoded: {problem.err}") from None
    if pixels is None:
        raise PictureError.at(path, None, "cannot be decoded; is it a JPEG, PNG or BMP?")
    return pixels


def write_picture(path: str | Path, pixels: np.ndarray) -> None:
    """Write (H, W, 3) uint8 RGB as the file name's kind of picture, whole or not at all.

    OutputError if it cannot be written or the name has no ending that OpenCV knows.
    """
    ending = Path(path).suffix
    try:
        written, raw = cv2.imencode(ending, cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
    except cv2.error:
        written = False
    if not written:
        message = f"'{ending}' is no kind of picture; use .jpg or .png"
        raise OutputError.at(path, None, message)
    with replacing(path) as file:
        file.write(raw.tobytes())
