"""A command line of darkpy in this process, and what comes of it."""

from __future__ import annotations

import pytest

from darkpy.console.cli import main


def outcome(capsys: pytest.CaptureFixture[str], words: tuple[object, ...]) -> tuple[int, str, str]:
    """Exit status, standard output and standard error."""
    capsys.readouterr()
    status = main([str(word) for word in words])
    captured = capsys.readouterr()
    return status, captured.out, captured.err
