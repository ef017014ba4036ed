"""Decoding pictures, as OpenCV does in colour: turned upright by EXIF, 8 bit, no alpha."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from darkpy.data.picture_content import claim_of, file_bytes, jpeg_size, what_it_is
from darkpy.errors import OutputError, PictureError
from darkpy.files import replacing
from darkpy.machine.opencv import cv2

# By channels and by how many times smaller the picture gets.
_KINDS = {
    (1, 1): cv2.IMREAD_GRAYSCALE,
    (1, 2): cv2.IMREAD_REDUCED_GRAYSCALE_2,
    (1, 4): cv2.IMREAD_REDUCED_GRAYSCALE_4,
    (1, 8): cv2.IMREAD_REDUCED_GRAYSCALE_8,
    (3, 1): cv2.IMREAD_COLOR,
    (3, 2): cv2.IMREAD_REDUCED_COLOR_2,
    (3, 4): cv2.IMREAD_REDUCED_COLOR_4,
    (3, 8): cv2.IMREAD_REDUCED_COLOR_8,
}
_REDUCTIONS = (8, 4, 2)
# Bits that a file of 16 may use; from 13 on it is read as the C program does, by its upper 8.
DIM_BITS = (8, 10, 12)
_ALL_BITS = 16


def read_picture(
    path: str | Path, channels: int = 3, enough: tuple[int, int] | None = None
) -> np.ndarray:
    """A picture file -> (H, W, C) uint8, RGB for 3 channels, grey for 1.

    enough: height and width, px, that will do: a JPEG of at least twice as many is decoded at a
    half, a quarter or an eighth of its size, whichever still has them.
    PictureError if it is missing, empty or of no known format, or for other channels.
    """
    if (channels, 1) not in _KINDS:
        raise PictureError.at(path, None, f"is read with 1 or 3 channels, not {channels}")
    raw = file_bytes(path)
    pixels = decode(raw, path, _KINDS[channels, _reduction(raw, enough)])
    if channels == 1:
        return pixels[..., None]
    return cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)


def decode(raw: np.ndarray, path: str | Path, flags: int) -> np.ndarray:
    """The pixels of a picture file's content, 8 bit, as OpenCV gives them for its IMREAD_ flags.

    Files of 16 bits that use 12 at the most, which would be black, are made brighter. PictureError,
    which names `path`, if it is of no known format or claims too many pixels.
    """
    claim = claim_of(raw, path)
    if claim.floats:
        remedy = "save it with 8 bits a channel"
        raise PictureError.at(
            path, None, f"is a TIFF of floats, whose white nobody knows; {remedy}"
        )
    try:
        pixels = cv2.imdecode(raw, flags)
    except cv2.error as problem:
        raise PictureError.at(path, None, f"cannot be decoded: {problem.err}") from None
    if pixels is None:
        what = what_it_is(raw)
        joint = ": " if what.startswith("this") else "; "
        raise PictureError.at(path, None, f"cannot be decoded{joint}{what}")
    if claim.deep:
        deep, bits = deep_pixels(raw, flags)
        return pixels if bits > DIM_BITS[-1] else (deep >> (bits - 8)).astype(np.uint8)
    return pixels


def deep_pixels(raw: np.ndarray, flags: int = cv2.IMREAD_COLOR) -> tuple[np.ndarray, int]:
    """The pixels of a file with more than 8 bits, uint16, and how many bits they use: 8 to 16."""
    deep = cv2.imdecode(raw, flags | cv2.IMREAD_ANYDEPTH)
    if deep is None or deep.dtype != np.uint16:
        return np.empty(0, np.uint16), _ALL_BITS
    used = int(deep.max()).bit_length()
    return deep, next((bits for bits in DIM_BITS if used <= bits), _ALL_BITS)


def _reduction(raw: np.ndarray, enough: tuple[int, int] | None) -> int:
    """How many times smaller a picture file may be decoded: 1, 2, 4 or 8."""
    size = jpeg_size(raw) if enough else None
    if not size:
        return 1
    # EXIF may turn the picture: its shorter side has to do for both.
    spare = min(size) // max(1, *enough)
    return next((factor for factor in _REDUCTIONS if factor <= spare), 1)


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
