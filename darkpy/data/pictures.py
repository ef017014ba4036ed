"""Decoding pictures, as OpenCV does in colour: turned upright by EXIF, 8 bit, no alpha."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from darkpy.errors import OutputError, PictureError
from darkpy.files import replacing
from darkpy.machine.opencv import cv2

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".jp2")
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
JPEG = b"\xff\xd8"  # how its files begin
# Start-of-frame markers, which hold the size: all of 0xC0 to 0xCF but DHT, JPG and DAC.
JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def read_picture(
    path: str | Path, channels: int = 3, enough: tuple[int, int] | None = None
) -> np.ndarray:
    """A picture file -> (H, W, C) uint8, RGB for 3 channels, grey for 1.

    enough: height and width, px, that will do: a JPEG of at least twice as many is decoded at a
    half, a quarter or an eighth of its size, whichever still has them.
    PictureError if it is missing, empty or of no known format.
    """
    raw = file_bytes(path)
    pixels = decode(raw, path, _KINDS[channels, _reduction(raw, enough)])
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


def _reduction(raw: np.ndarray, enough: tuple[int, int] | None) -> int:
    """How many times smaller a picture file may be decoded: 1, 2, 4 or 8."""
    size = jpeg_size(raw) if enough else None
    if not size:
        return 1
    # EXIF may turn the picture: its shorter side has to do for both.
    spare = min(size) // max(1, *enough)
    return next((factor for factor in _REDUCTIONS if factor <= spare), 1)


def jpeg_size(raw: np.ndarray) -> tuple[int, int] | None:
    """Height and width of a JPEG file's bytes (N,) uint8, before EXIF turns it; or None."""
    if raw[:2].tobytes() != JPEG:
        return None
    at = 2
    while at + 9 <= len(raw) and raw[at] == 0xFF:
        marker, length = int(raw[at + 1]), int(raw[at + 2]) << 8 | int(raw[at + 3])
        if marker in JPEG_FRAMES:
            height, width = raw[at + 5 : at + 9].view(">u2").tolist()
            return height, width
        at += 2 + length
    return None


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
