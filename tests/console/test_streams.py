"""Screens that cannot show a letter, that went away, or never were."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys

import pytest

from darkpy.console import cli
from darkpy.console.command import Command
from darkpy.console.commands import COMMANDS
from darkpy.console.progress import show
from darkpy.console.streams import Lasting, lasting_streams
from darkpy.events import Progress
from tests.conftest import ROOT


class Failing(io.StringIO):
    """Takes `lines` lines of text, then fails as the operating system does."""

    def __init__(self, lines: int, code: int) -> None:
        super().__init__()
        self.left, self.code = lines, code

    def write(self, text: str) -> int:
        if self.left <= 0:
            raise OSError(self.code, os.strerror(self.code))
        self.left -= text.count("\n")
        return super().write(text)


def command(monkeypatch, events, *, only_prints: bool) -> list[int]:
    """`darkpy echo`, which yields `events`; gives how many were asked for."""
    asked: list[int] = []

    class Module:
        @staticmethod
        def run():
            for number, event in enumerate(events):
                asked.append(number)
                yield event

    echo = Command("darkpy.echo", "Echoes.", (), only_prints=only_prints)
    monkeypatch.setitem(COMMANDS, ("echo",), echo)
    monkeypatch.setitem(sys.modules, "darkpy.echo", Module)
    return asked


@pytest.mark.parametrize(("only_prints", "events"), [(False, 5), (True, 2)])
def test_a_reader_that_leaves_ends_only_what_does_nothing_but_print(
    monkeypatch, only_prints, events
):
    asked = command(monkeypatch, ["one", "two", "three", "four", "five"], only_prints=only_prints)
    monkeypatch.setattr(sys, "stdout", Failing(1, errno.EPIPE))

    assert cli.main(["echo"]) == 0
    assert asked == list(range(events))


def test_a_full_disk_behind_stdout_is_said_once_with_status_1(monkeypatch, capsys):
    asked = command(monkeypatch, ["one", "two", "three"], only_prints=False)
    monkeypatch.setattr(sys, "stdout", Failing(1, errno.ENOSPC))

    assert cli.main(["echo"]) == 1
    assert asked == [0, 1, 2]
    assert capsys.readouterr().err == (
        "standard output cannot be written: No space left on device; free some space\n"
    )


def test_a_lost_standard_error_ends_no_command(monkeypatch, capsys):
    command(monkeypatch, [Progress("training", n, 3) for n in range(4)], only_prints=False)
    monkeypatch.setattr(sys, "stderr", Failing(0, errno.EPIPE))

    assert cli.main(["echo"]) == 0


def test_an_error_of_the_operating_system_is_a_sentence(monkeypatch, capsys):
    def events():
        yield "begun"
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "out.json")

    class Module:
        run = staticmethod(events)

    command(monkeypatch, [], only_prints=False)
    monkeypatch.setitem(sys.modules, "darkpy.echo", Module)

    assert cli.main(["echo"]) == 1
    assert capsys.readouterr().err == "out.json: No space left on device; free some space\n"


@pytest.mark.parametrize(
    ("encoding", "shown"), [("ascii", r"\u043a\u043e\u0442 \u2026"), ("utf-8", "кот …")]
)
def test_what_an_encoding_lacks_is_escaped(monkeypatch, encoding, shown):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))
    with lasting_streams():
        show(["кот …"])

    assert raw.getvalue().decode(encoding) == shown + "\n"


def test_control_characters_of_any_text_are_shown_not_obeyed(capsys):
    show(["a\x1b[31mb", Progress("p", 1, 1, "n\x1b]0;t\x07")])

    captured = capsys.readouterr()
    assert captured.out == "a\\x1b[31mb\n"
    assert captured.err == "p 1/1 n\\x1b]0;t\\x07\n"


def test_streams_that_are_none_get_a_place_to_write_to(monkeypatch):
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    with lasting_streams() as out:
        sys.stderr.write("nothing to see")
        assert sys.stdin.read() == ""
        assert out.lost is None
    assert sys.stdout is None


@pytest.mark.skipif(os.name != "posix", reason="closes numbers of files as a shell does")
@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)])
def test_closed_standard_streams_change_no_status(closed):
    code = f"import os\nfor n in {closed}: os.close(n)\n"
    code += f"os.execv({sys.executable!r}, [{sys.executable!r}, '-m', 'darkpy', 'net', 'no.cfg'])"

    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 2


@pytest.mark.skipif(os.name != "posix", reason="numbers of files are given out so there")
@pytest.mark.parametrize("closed", [(0,), (2,), (0, 2), (0, 1, 2)])
def test_no_file_gets_the_number_of_a_closed_standard_stream(closed):
    inner = "import os; from darkpy.console.streams import lasting_streams\n"
    inner += "with lasting_streams(): os._exit(os.open(os.devnull, os.O_RDONLY))"
    code = f"import os\nfor n in {closed}: os.close(n)\n"
    code += f"os.execv({sys.executable!r}, [{sys.executable!r}, '-c', {inner!r}])"

    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode > 2


def test_a_closed_stream_is_lost_in_silence():
    stream = Lasting(io.StringIO())
    stream.close()
    stream.write("text")

    assert stream.lost is not None
