"""Standard input, output and error as a command can rely on: never absent, never an exception.

What a stream's encoding cannot show is escaped. Where a stream can no longer be written, because
its reader left or its disk is full, the rest of the text is dropped, and what was computed for it
is not: a training goes on without its screen.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any, TextIO


class Lasting:
    """A text stream whose writing never fails. lost: why nothing more can be written, if so."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.lost: OSError | None = None

    def write(self, text: str) -> int:
        """Write, or drop the text."""
        if self.lost is None:
            with self._losing():
                self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Hand on what was written."""
        if self.lost is None:
            with self._losing():
                self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @contextlib.contextmanager
    def _losing(self) -> Iterator[None]:
        try:
            yield
        except BlockingIOError:
            pass  # a pipe that is full for the moment: this text is lost, the next may pass
        except OSError as problem:
            self.lost = problem
            self._end()
        except ValueError as problem:  # the stream was closed
            self.lost = OSError(str(problem))

    def _end(self) -> None:
        """What still waits in buffers goes nowhere: Python would complain when it ends."""
        with contextlib.suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)


@contextlib.contextmanager
def lasting_streams() -> Iterator[Lasting]:
    """Standard streams for the time of a command; gives its standard output."""
    before = sys.stdin, sys.stdout, sys.stderr
    with contextlib.ExitStack() as opened:
        # `2>&-`, pythonw. What is opened takes the numbers that are closed, lest a weights file get
        # the number of standard error.
        given, out, err = (
            opened.enter_context(open(os.devnull, mode, encoding="utf-8")) if old is None else old
            for old, mode in zip(before, "rww", strict=True)
        )
        _tolerate(given, "surrogateescape")
        sys.stdin, sys.stdout, sys.stderr = given, _lasting(out), _lasting(err)
        try:
            yield sys.stdout
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            sys.stdin, sys.stdout, sys.stderr = before


def _lasting(stream: TextIO) -> Lasting:
    """The stream, escaping what it cannot encode."""
    _tolerate(stream, "backslashreplace")
    return Lasting(stream)


def _tolerate(stream: TextIO, errors: str) -> None:
    with contextlib.suppress(AttributeError, OSError, ValueError):
        stream.reconfigure(errors=errors)  # type: ignore[attr-defined]
