"""The first bytes of a .weights file: Darknet's version and the number of pictures seen.

Three little-endian int32 (major, minor, revision), then the pictures as uint64 from version 0.2 on,
as uint32 before: load_weights_upto() in Darknet's src/parser.c. Standard library only.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from darkpy.cfg.foreign import kind_of
from darkpy.cfg.text import nearest
from darkpy.errors import WeightsError

DARKNET_VERSION = (0, 2, 5)  # what AlexeyAB/darknet writes
HEADER_BYTES = 20  # three int32 of version and a uint64 of pictures seen
_LARGEST_MAJOR = 1000  # above it Darknet means transposed matrices; no released file has that
_SNIFFED = 64  # bytes that tell files of other programs


@dataclass(frozen=True)
class Header:
    """The first bytes of a weights file. seen: pictures trained on. size: of the header, bytes."""

    version: tuple[int, int, int]
    seen: int
    size: int


def read_header(path: str | Path) -> Header:
    """The header of a weights file. WeightsError if it is missing or cannot be one."""
    try:
        with open(path, "rb") as file:
            raw = file.read(_SNIFFED)
    except FileNotFoundError:
        hint = nearest(Path(path))
        raise WeightsError(f"{path}: the weights file does not exist{hint}") from None
    except OSError as problem:
        reason = problem.strerror or problem
        raise WeightsError(f"{path}: the weights file cannot be read: {reason}") from None
    kind = "" if raw[:4] == bytes(4) else kind_of(raw)
    if kind:
        raise WeightsError(f"{path}: this is {kind}; a Darknet .weights file is needed")
    if len(raw) < 16:
        raise WeightsError(f"{path}: {len(raw)} bytes are too few for a weights file")
    major, minor, revision = struct.unpack_from("<iii", raw)
    if not (0 <= major <= _LARGEST_MAJOR and 0 <= minor <= _LARGEST_MAJOR):
        message = "the first bytes are no Darknet version; is this a .weights file?"
        raise WeightsError(f"{path}: {message}")
    if 10 * major + minor < 2:
        return Header((major, minor, revision), struct.unpack_from("<I", raw, 12)[0], 16)
    if len(raw) < 20:
        raise WeightsError(f"{path}: {len(raw)} bytes are too few for a weights file")
    return Header((major, minor, revision), struct.unpack_from("<Q", raw, 12)[0], 20)


def header_bytes(seen: int, version: tuple[int, int, int] = DARKNET_VERSION) -> bytes:
    """The first bytes of a weights file. seen: pictures trained on."""
    seen_format = "<Q" if 10 * version[0] + version[1] >= 2 else "<I"
    return struct.pack("<iii", *version) + struct.pack(seen_format, seen)
