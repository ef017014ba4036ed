"""The content of a picture file, read only if it can be a picture: its kind, size and limit."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import numpy as np

from darkpy.cfg.foreign import kind_of
from darkpy.data.picture_sizes import Claim, claimed
from darkpy.errors import PictureError
from darkpy.files import dangling

SUFFIXES = (
    *(".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".jp2"),
    *(".jpe", ".jfif", ".gif", ".avif"),
)
# 200 megapixels are what the largest sensors of telephones take; decoded they need 600 MB.
MOST_MEGAPIXELS = 200
LIMIT_VARIABLE = "DARKPY_MEGAPIXELS"
_BYTES_A_PIXEL = 8  # no kind of file needs more
_BEGINNING = 4096
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_FILE_KINDS = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)
JPEG = b"\xff\xd8"  # how its files begin
# Start-of-frame markers, which hold the size: all of 0xC0 to 0xCF but DHT, JPG and DAC.
JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_HEIF = (b"heic", b"heix", b"hevc", b"mif1", b"msf1")
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG")


def file_bytes(path: str | Path) -> np.ndarray:
    """The content of a picture file, (N,) uint8.

    PictureError if it is missing, empty, no file but a pipe or device, too long for a picture, or
    if its header claims more pixels than are allowed.
    """
    try:
        # A pipe without a writer would be waited for.
        handle = os.open(path, _FLAGS)
        with open(handle, "rb") as file:
            found = os.fstat(handle)
            for test, kind in _FILE_KINDS:
                if test(found.st_mode):
                    raise PictureError.at(path, None, f"this is {kind}, no picture file")
            most = allowed_pixels()
            if found.st_size > _BYTES_A_PIXEL * most:
                raise PictureError.at(path, None, _too_long(found.st_size, most))
            raw = np.fromfile(file, dtype=np.uint8)
    except OSError as problem:
        reason = dangling(path) or problem.strerror
        raise PictureError.at(path, None, f"cannot be read: {reason}") from None
    if not raw.size:
        raise PictureError.at(path, None, "the file is empty; restore it or take it off the list")
    return raw


def claim_of(raw: np.ndarray, path: str | Path) -> Claim:
    """What the header claims. PictureError if that is more pixels than are allowed."""
    size_hw = jpeg_size(raw)
    claim = Claim(size_hw[1], size_hw[0]) if size_hw else claimed(raw)
    most = allowed_pixels()
    if claim.width * claim.height > most:
        needed = -(-claim.width * claim.height // 1_000_000)
        raise PictureError.at(
            path,
            None,
            f"claims to have {claim.width}x{claim.height} px, more than the "
            f"{most // 1_000_000} megapixels that are taken for a picture; the environment "
            f"variable {LIMIT_VARIABLE}={needed} lets it in",
        )
    return claim


def allowed_pixels() -> int:
    """How many pixels a picture may have; DARKPY_MEGAPIXELS says otherwise."""
    text = os.environ.get(LIMIT_VARIABLE, "")
    number = int(text) if text.isascii() and text.isdigit() else 0
    return 1_000_000 * (number or MOST_MEGAPIXELS)


def what_it_is(raw: np.ndarray) -> str:
    """Why a file's content cannot be decoded: what it is instead, by its first bytes."""
    first = raw[:_BEGINNING].tobytes()
    if first[4:8] == b"ftyp":
        if first[8:12] in _HEIF:
            return "this is a HEIC picture, which OpenCV cannot read; save it as JPEG or PNG"
        if first[8:11] == b"avi":
            return "this is an AVIF picture, which this OpenCV cannot read; save it as JPEG or PNG"
        return "this is a video; take pictures out of it"
    if first.startswith(_PICTURES):
        kind = "JPEG" if first.startswith(JPEG) else "PNG"
        return f"this is a {kind} whose rest is damaged or cut off; restore it"
    kind = kind_of(first)
    return f"this is {kind}" if kind else "is it a JPEG, PNG or BMP?"


def _too_long(size: int, most: int) -> str:
    needed = -(-size // (_BYTES_A_PIXEL * 1_000_000))
    return (
        f"has {size} bytes, too many for a picture of {most // 1_000_000} megapixels; the "
        f"environment variable {LIMIT_VARIABLE}={needed} lets it in"
    )


def jpeg_size(raw: np.ndarray) -> tuple[int, int] | None:
    """Height and width of a JPEG file's bytes (N,) uint8, before EXIF turns it; or None."""
    if raw[:2].tobytes() != JPEG:
        return None
    at = 2
    while at + 9 <= len(raw) and raw[at] == 0xFF:
        marker, length = int(raw[at + 1]), int(raw[at + 2]) << 8 | int(raw[at + 3])
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        if marker in JPEG_FRAMES:
            height, width = raw[at + 5 : at + 9].view(">u2").tolist()
            return height, width
        at += 2 + length
    return None
