"""The command line: one word or two, then whatever Darknet's users type. Loads torch only to run.

Exit status: 0 done, 1 a run failed, 2 wrong input, 130 interrupted after saving.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import importlib
import os
import sys
from collections.abc import Iterator, Sequence

from darkpy.console.commands import COMMANDS
from darkpy.console.meant import unknown_command
from darkpy.console.pages import command_page, overview, verbs_page
from darkpy.console.streams import lasting_streams
from darkpy.errors import DarkpyError, UsageError, shown_lines
from darkpy.version import __version__

FAILED = 1
INTERRUPTED = 130  # what shells report for a command ended by Ctrl-C
_HELP = ("help", "h", "?")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    with lasting_streams() as out:
        status = _told(words, alone=argv is None)
        out.flush()
        if out.lost is None or isinstance(out.lost, BrokenPipeError):
            return status
        print(f"standard output cannot be written: {_reason(out.lost)}", file=sys.stderr)
        return status or FAILED


def _told(words: list[str], *, alone: bool) -> int:
    """Run the command and say in a sentence what ended it. alone: the process is the command's."""
    try:
        return _dispatch(words, alone)
    except (DarkpyError, OSError, MemoryError) as problem:
        if os.environ.get("DARKPY_DEBUG") == "1":
            raise
        print(_sentence(problem), file=sys.stderr)
        return problem.exit_status if isinstance(problem, DarkpyError) else FAILED
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED


def _sentence(problem: BaseException) -> str:
    if isinstance(problem, MemoryError):
        return f"out of memory: {problem}" if str(problem) else "out of memory"
    if isinstance(problem, OSError):
        return shown_lines(f"{problem.filename}: " * bool(problem.filename) + _reason(problem))
    return str(problem)


def _reason(problem: OSError) -> str:
    known = problem.errno == errno.ENOSPC
    return f"{problem.strerror or problem}{'; free some space' * known}"


def _dispatch(words: list[str], alone: bool) -> int:
    words = [word.rstrip("\r") for word in words]
    page = _page(words)
    if page:
        print(page)
        return 0
    name, rest = _command_of(words)
    command = COMMANDS[name]
    with _uncollected():
        from darkpy.console.arguments import Words

        read = Words(" ".join(name), command, rest)
        if read.help:
            print(command_page(" ".join(name), command))
            return 0
        for remark in read.remarks:
            print(remark, file=sys.stderr)
        run = importlib.import_module(command.module).run
        from darkpy.console.progress import show

        if alone:
            gc.freeze()  # what was loaded is never looked over again, not at the end of all either
    return show(run(**read.options), only_prints=command.only_prints)


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """No garbage is collected while modules load: what they make stays, and there is much of it."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _page(words: list[str]) -> str:
    """The page that words without a command ask for; empty if they name a command."""
    if not words:
        return overview()
    if words[0].lstrip("-") == "version":
        return f"darkpy {__version__}"
    asked = _is_help(words[0])
    words = words[asked:]  # `help detector train` is `detector train --help`
    domains = {name[0] for name in COMMANDS if len(name) > 1 and name[:1] not in COMMANDS}
    if words and words[0] in domains and (not words[1:] or _is_help(words[1])):
        return verbs_page(words[0])
    if not asked:
        return ""
    for name in (tuple(words[:3]), tuple(words[:2]), tuple(words[:1])):
        if name in COMMANDS:
            return command_page(" ".join(name), COMMANDS[name])
    if words:
        raise UsageError(unknown_command(words))
    return overview()


def _is_help(word: str) -> bool:
    return word.lstrip("-") in _HELP


def _command_of(words: list[str]) -> tuple[tuple[str, ...], list[str]]:
    """The key of COMMANDS that the words name, and the others. UsageError if there is none.

    Flags may stand before the verb: `detector -map train x.data`.
    """
    words = _first_to_front(words, {name[0] for name in COMMANDS})
    if tuple(words[:3]) in COMMANDS:  # `import weights torchvision` goes before `import weights`
        return tuple(words[:3]), words[3:]
    pair = tuple(words[:2])  # as `import weights` goes before `import`
    if words[:1] and (words[0],) in COMMANDS and (len(pair) < 2 or pair not in COMMANDS):
        return (words[0],), words[1:]
    verbs = {name[1] for name in COMMANDS if name[0] == words[0] and len(name) > 1}
    words = [words[0], *_first_to_front(words[1:], verbs)]
    if tuple(words[:2]) in COMMANDS:
        return (words[0], words[1]), words[2:]
    raise UsageError(unknown_command(words))


def _first_to_front(words: list[str], wanted: set[str]) -> list[str]:
    """Words that begin with flags, the first wanted one moved before them."""
    place = next((i for i, word in enumerate(words) if word in wanted), 0)
    if not words or not words[0].startswith("-") or not place:
        return words
    return [words[place], *words[:place], *words[place + 1 :]]
