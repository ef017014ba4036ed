"""Files that matter are written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from darkpy.errors import OutputError


@contextmanager
def replacing(path: str | Path) -> Iterator[BinaryIO]:
    """A binary file that takes the place of `path` once it was written and is on the disk.

    An error or a power cut leaves what was there before. OutputError if it cannot be written.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as problem:
        raise OutputError(_unwritable(path, problem)) from None
    finally:
        with suppress(OSError):  # that a file system is read-only was said already
            temporary.unlink(missing_ok=True)


def writable_folder(path: str | Path, what: str) -> Path:
    """Make the folder if need be and prove that a file can be written there.

    `what` names its role in the OutputError of the other case.
    """
    folder = Path(path)
    probe = folder / f".darkpy-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as problem:
        raise OutputError(f"{what} {_unwritable(folder, problem)}") from None
    return folder


def dangling(path: str | Path) -> str:
    """Where a symbolic link leads that leads nowhere, in words; empty for all else."""
    if os.path.islink(path) and not os.path.exists(path):
        return f"it links to {os.readlink(path)}, which does not exist"
    return ""


def write_text(path: str | Path, text: str) -> None:
    """Write a UTF-8 text file whole; names of files keep the bytes that are no UTF-8."""
    with replacing(path) as file:
        file.write(text.encode("utf-8", "surrogateescape"))


def _unwritable(path: Path, problem: OSError) -> str:
    reason = problem.strerror or problem
    return f"{path} cannot be written: {reason}; free the place or name another one"
