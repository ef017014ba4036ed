"""One training at a time under a name in a folder."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from darkpy.errors import OutputError

try:
    import fcntl
except ImportError:  # Windows: nothing is locked there
    fcntl = None  # type: ignore[assignment]

_MOST = 400  # characters of a lock file that are shown


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file as long as the context lasts; OutputError says who else does.

    The system lets go of a lock whose process has died, so that a file that was left behind by a
    crash is in nobody's way.
    """
    handle = _opened(path)
    try:
        if handle is not None:
            _sign(handle, path)
        yield
    finally:
        if handle is not None:
            with suppress(OSError):
                path.unlink()
            os.close(handle)


def _sign(handle: int, path: Path) -> None:
    """Say in the lock file whose it is."""
    try:
        os.ftruncate(handle, 0)
        os.write(handle, f"{_whose()}\n".encode())
    except OSError as problem:
        raise OutputError(f"{path} cannot be written: {problem.strerror}") from None


def is_held(path: Path) -> bool:
    """Whether a process that lives holds the lock file."""
    if fcntl is None:
        return False
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        # Shared and for a moment: whoever asks beside us may hold it, too.
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(handle)
    return False


def _opened(path: Path) -> int | None:
    """The locked file; None where the file system knows no locks."""
    while fcntl is not None:
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as problem:
            raise OutputError(f"{path} cannot be written: {problem.strerror}") from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.read(handle, _MOST).decode(errors="replace").strip()
            os.close(handle)
            raise OutputError(
                f"{path}: a training of this name writes to this folder: {owner or 'unknown'}; "
                "wait for its end, or name another folder: backup="
            ) from None
        except OSError:
            os.close(handle)
            return None
        if _is_named(handle, path):
            return handle
        os.close(handle)  # its owner removed it between the two calls
    return None


def _is_named(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), os.stat(path))
    except OSError:
        return False


def _whose() -> str:
    since = datetime.now().astimezone().isoformat(timespec="seconds")
    return f"process {os.getpid()} on {socket.gethostname()} since {since}"
