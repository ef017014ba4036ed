"""Text files as users have them: UTF-8 with or without BOM, UTF-16, CRLF, stray NULs."""

from __future__ import annotations

import codecs
import os
from collections.abc import Mapping
from pathlib import Path

from darkpy.cfg.foreign import no_text, text_kind
from darkpy.errors import InputError
from darkpy.registry import did_you_mean

_SNIFFED = 4096  # bytes of the beginning that tell a text from what is none
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decode_text(raw: bytes) -> str:
    """Bytes of a text file -> text. Latin-1 stands in where the bytes are not UTF-8."""
    bom, encoding = encoding_of(raw)
    return raw[len(bom) :].decode(encoding, errors="replace")


def encoding_of(raw: bytes) -> tuple[bytes, str]:
    """The byte-order mark that a text file begins with, and the name of its encoding."""
    for bom, encoding in _BOMS:
        if raw.startswith(bom):
            return bom, encoding
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return b"", "latin-1"
    return b"", "utf-8"


def read_lines(path: str | Path, error: type[InputError], what: str) -> list[str]:
    """Lines of a text file without their ends.

    `what` names the file's role in the message of `error`, raised when it cannot be read.
    """
    try:
        raw = Path(path).read_bytes()
    except FileNotFoundError:
        raise error(f"{path}: {what} does not exist{nearest(Path(path))}") from None
    except OSError as problem:
        reason = problem.strerror or problem
        raise error(f"{path}: {what} cannot be read: {reason}") from None
    kind = no_text(raw[:_SNIFFED])
    if kind:
        raise error(f"{path}: this is {kind}; {what} is wanted here")
    return decode_text(raw).replace("\r\n", "\n").replace("\r", "\n").split("\n")


def refuse_kinds(
    path: str | Path, lines: list[str], kinds: Mapping[str, str], what: str, error: type[InputError]
) -> None:
    """Raise `error` where a text is of one of these kinds and not `what` is wanted.

    kinds: of `text_kind`, each with what may be done about it, or nothing.
    """
    kind = text_kind(lines)
    if kind in kinds:
        raise error(f"{path}: this is {kind}; {what} is wanted here{kinds[kind]}")


def nearest(path: Path) -> str:
    """A hint at the file that was perhaps meant, from those in the same folder."""
    folder = path.parent
    if not os.path.isdir(folder):
        return f"; there is no folder {folder} either"
    return did_you_mean(path.name, sorted(entry.name for entry in folder.iterdir())[:1000])
