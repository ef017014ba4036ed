"""What the bytes of a picture file say before they are decoded: kind, size, turn, completeness.

JPEG and PNG are read here, marker by marker: a decoder paints the missing part of a truncated JPEG
grey and says so on the standard error output only. Of other kinds only the EXIF turn is looked for.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from darkpy.data.picture_content import JPEG, JPEG_FRAMES

_PNG, _PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND"
_TIFF_ORDERS = {b"II": "<", b"MM": ">"}
_START_OF_SCAN = 0xDA
_EXIF_MARKER, _EXIF_NAME = 0xE1, b"Exif\x00\x00"
_END_OF_IMAGE = b"\xff\xd9"
_BARE = frozenset((0x01, *range(0xD0, 0xD9)))  # markers without a length
_ORIENTATION_TAG = 274  # EXIF 2.3, section 4.6.4
_UPRIGHT = 1
_TURNED_SIDEWAYS = 5  # from here on width and height change places
_PNG_GREY, _PNG_ALPHA = (0, 4), (4, 6)  # colour types of IHDR


@dataclass(frozen=True)
class PictureFile:
    """Facts from a header.

    width, height: as decoded, turned by EXIF, px; 0 if the header does not say. orientation: of
    EXIF, 1 is upright. dim: it is deep, but uses 12 bits at most.
    fault: why the file cannot be whole, or empty. kind: "jpeg", "png" or "".
    """

    kind: str = ""
    width: int = 0
    height: int = 0
    orientation: int = _UPRIGHT
    grey: bool = False
    alpha: bool = False
    deep: bool = False
    dim: bool = False
    fault: str = ""


def inspect(raw: bytes) -> PictureFile:
    """Facts about the content of a picture file, without decoding it."""
    if raw.startswith(JPEG):
        return _jpeg(raw)
    if raw.startswith(_PNG):
        return _png(raw)
    if raw[:4] == b"RIFF" and raw[8:12] == b"WEBP":
        return PictureFile(orientation=_webp_orientation(raw))
    return PictureFile(orientation=_orientation(raw))


def _jpeg(raw: bytes) -> PictureFile:
    orientation, frame = _UPRIGHT, (0, 0, 0, 0)
    scan = len(raw)
    for marker, begin, end in _segments(raw):
        if marker == _EXIF_MARKER and raw.startswith(_EXIF_NAME, begin):
            orientation = _orientation(raw[begin + len(_EXIF_NAME) : end])
        elif marker in JPEG_FRAMES and end - begin >= 6:
            frame = struct.unpack_from(">BHHB", raw, begin)
        elif marker == _START_OF_SCAN:
            scan = end
    # Inside of scans the byte 0xFF is always followed by others: ITU-T T.81, B.1.1.5.
    whole = raw.rfind(_END_OF_IMAGE, scan) >= 0
    depth, height, width, channels = frame
    return PictureFile(
        "jpeg",
        *upright(width, height, orientation),
        orientation=orientation,
        grey=channels == 1,
        deep=depth > 8,
        fault="" if whole else "is cut off: the JPEG has no end mark",
    )


def _segments(raw: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, begin and end of the content of each segment, up to the first scan's header."""
    at = len(JPEG)
    while at + 4 <= len(raw) and raw[at] == 0xFF:
        marker = raw[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
        elif marker in _BARE:
            at += 2
        else:
            end = at + 2 + struct.unpack_from(">H", raw, at + 2)[0]
            yield marker, at + 4, end
            if marker == _START_OF_SCAN:
                return
            at = end


def _png(raw: bytes) -> PictureFile:
    width = height = depth = colour = 0
    orientation, transparent, fault, last = _UPRIGHT, False, "", b""
    for last, content, good in _chunks(raw):
        if not good:
            fault = f"is damaged: the checksum of its {last.decode('latin-1')} chunk is wrong"
            break
        if last == b"IHDR" and len(content) >= 10:
            width, height, depth, colour = struct.unpack_from(">IIBB", content)
        elif last == b"tRNS":
            transparent = True
        elif last == b"eXIf":
            orientation = _orientation(bytes(content))
    if last != _PNG_END and not fault:
        fault = "is cut off: the PNG has no end mark"
    return PictureFile(
        "png",
        *upright(width, height, orientation),
        orientation=orientation,
        grey=colour in _PNG_GREY,
        alpha=transparent or colour in _PNG_ALPHA,
        deep=depth > 8,
        fault=fault,
    )


def _chunks(raw: bytes) -> Iterator[tuple[bytes, memoryview, bool]]:
    """Type and content of each whole chunk up to the end mark, and if its checksum is right."""
    view, at = memoryview(raw), len(_PNG)
    while at + 12 <= len(raw):
        length = struct.unpack_from(">I", raw, at)[0]
        end = at + 8 + length
        if end + 4 > len(raw):
            return
        name, checksum = raw[at + 4 : at + 8], struct.unpack_from(">I", raw, end)[0]
        yield name, view[at + 8 : end], zlib.crc32(view[at + 4 : end]) == checksum
        if name == _PNG_END:
            return
        at = end + 4


def _webp_orientation(raw: bytes) -> int:
    at = 12
    while at + 8 <= len(raw):
        name, length = struct.unpack_from("<4sI", raw, at)
        if name == b"EXIF":
            return _orientation(raw[at + 8 : at + 8 + length].removeprefix(_EXIF_NAME))
        at += 8 + length + length % 2
    return _UPRIGHT


def _orientation(block: bytes) -> int:
    """The turn in a TIFF block, as EXIF is one; upright where it is silent or broken."""
    order = _TIFF_ORDERS.get(block[:2])
    if order is None or len(block) < 8:
        return _UPRIGHT
    try:
        (at,) = struct.unpack_from(order + "I", block, 4)
        (count,) = struct.unpack_from(order + "H", block, at)
        for entry in range(at + 2, at + 2 + 12 * count, 12):
            tag, _, _, value = struct.unpack_from(order + "HHIH", block, entry)
            if tag == _ORIENTATION_TAG:
                return value if _UPRIGHT <= value <= 8 else _UPRIGHT
    except struct.error:
        pass  # a broken block, which decoders ignore as well
    return _UPRIGHT


def upright(width: int, height: int, orientation: int) -> tuple[int, int]:
    """Width and height after the turn that EXIF asks for."""
    return (height, width) if orientation >= _TURNED_SIDEWAYS else (width, height)
