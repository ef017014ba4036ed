"""How large a picture file says it is, before a decoder asks for the memory; every usual kind.

Only headers are read. What they leave open is (0, 0): then the decoder has the last word.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

_TIFF_ORDERS = {b"II*\x00": "<", b"MM\x00*": ">"}
_TIFF_WIDTH, _TIFF_HEIGHT, _TIFF_BITS, _TIFF_FORMAT = 256, 257, 258, 339  # TIFF 6.0, section 8
_TIFF_FLOAT = 3
_TIFF_SHORT, _TIFF_LONG = 3, 4
_PNG = b"\x89PNG\r\n\x1a\n"
_BLANK = rb"(?:\s|#[^\n]*\n)+"
_NETPBM = re.compile(rb"P[1-6]" + _BLANK + rb"(\d+)" + _BLANK + rb"(\d+)" + _BLANK + rb"(\d*)")
_HEADER = 4096  # bytes in which boxes of JPEG 2000 and AVIF are looked for
_DEEP = 8  # bits: more than that


@dataclass(frozen=True)
class Claim:
    """What a header claims. width, height: px, 0 if unknown. deep: more than 8 bits. floats: so."""

    width: int = 0
    height: int = 0
    deep: bool = False
    floats: bool = False


def claimed(raw: np.ndarray) -> Claim:
    """What the header of a picture file (N,) uint8 other than JPEG claims; a broken one nothing."""
    first = raw[:_HEADER].tobytes()
    for magic, reader in _READERS:
        if re.match(magic, first, re.DOTALL):
            try:
                # The table of a TIFF may stand at its end.
                return reader(raw.tobytes() if reader is _tiff else first)
            except (struct.error, IndexError):
                return Claim()
    return Claim()


def _png(raw: bytes) -> Claim:
    width, height, bits = struct.unpack_from(">IIB", raw, 16)
    return Claim(width, height, deep=bits > _DEEP)


def _bmp(raw: bytes) -> Claim:
    width, height = struct.unpack_from("<ii", raw, 18)
    return Claim(abs(width), abs(height))


def _gif(raw: bytes) -> Claim:
    return Claim(*struct.unpack_from("<HH", raw, 6))


def _webp(raw: bytes) -> Claim:
    kind = raw[12:16]
    if kind == b"VP8X":  # 24 bits each, one less than the size
        return Claim(*(1 + int.from_bytes(raw[at : at + 3], "little") for at in (24, 27)))
    if kind == b"VP8L":  # 14 bits each, one less than the size
        (bits,) = struct.unpack_from("<I", raw, 21)
        return Claim(1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    width, height = struct.unpack_from("<HH", raw, 26)
    return Claim(width & 0x3FFF, height & 0x3FFF)


def _netpbm(raw: bytes) -> Claim:
    found = _NETPBM.match(raw)
    if not found:
        return Claim()
    width, height = (int(number[:12]) for number in found.groups()[:2])
    return Claim(width, height, deep=raw[1:2] in b"2356" and int((found[3] or b"0")[:12]) > 255)


def _jpeg2000(raw: bytes) -> Claim:
    at = raw.find(b"ihdr", 0, _HEADER)
    if at < 0:
        return Claim()
    height, width = struct.unpack_from(">II", raw, at + 4)
    bits = raw[at + 14] & 0x7F
    return Claim(width, height, deep=bits + 1 > _DEEP)


def _avif(raw: bytes) -> Claim:
    at = raw.find(b"ispe", 0, _HEADER)
    return Claim(*struct.unpack_from(">II", raw, at + 8)) if at >= 0 else Claim()


def _tiff(raw: bytes) -> Claim:
    order = _TIFF_ORDERS[raw[:4]]
    (at,) = struct.unpack_from(order + "I", raw, 4)
    (count,) = struct.unpack_from(order + "H", raw, at)
    values: dict[int, int] = {}
    for entry in range(at + 2, at + 2 + 12 * count, 12):
        tag, kind, number = struct.unpack_from(order + "HHI", raw, entry)
        form = {_TIFF_SHORT: "H", _TIFF_LONG: "I"}.get(kind)
        if form is None:
            continue
        size = struct.calcsize(form) * number
        where = entry + 8 if size <= 4 else struct.unpack_from(order + "I", raw, entry + 8)[0]
        if tag in (_TIFF_WIDTH, _TIFF_HEIGHT, _TIFF_BITS, _TIFF_FORMAT):
            (values[tag],) = struct.unpack_from(order + form, raw, where)
    return Claim(
        values.get(_TIFF_WIDTH, 0),
        values.get(_TIFF_HEIGHT, 0),
        deep=values.get(_TIFF_BITS, 1) > _DEEP,
        floats=values.get(_TIFF_FORMAT) == _TIFF_FLOAT,
    )


_READERS: tuple[tuple[bytes, Callable[[bytes], Claim]], ...] = (
    (re.escape(_PNG), _png),
    (b"BM", _bmp),
    (b"GIF8", _gif),
    (b"RIFF....WEBP", _webp),
    (b"P[1-6]\\s", _netpbm),
    (b"\x00\x00\x00\x0cjP  ", _jpeg2000),
    (b"....ftypavi[fs]", _avif),
    (b"II\\*\x00|MM\x00\\*", _tiff),
)
