"""The pages that `--help` shows: all commands, the verbs of one word, one command."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING

from darkpy.console.command import Command
from darkpy.console.commands import COMMANDS
from darkpy.version import __version__

if TYPE_CHECKING:
    from darkpy.flags.declared import Flag

_WIDTH = 100
_LEFT = 24  # columns of names


def overview() -> str:
    """Every command with a line on what it does."""
    lines = [
        f"darkpy {__version__}: Darknet's cfg files, trained, measured and run with PyTorch",
        "",
        "  darkpy COMMAND <data> <cfg> [weights] [flags]      flags may stand anywhere",
        "",
        *_table(COMMANDS),
        "",
        "  darkpy COMMAND --help  lists a command's flags",
    ]
    return "\n".join(lines)


def verbs_page(domain: str) -> str:
    """The commands that begin with a word."""
    names = [words for words in COMMANDS if words[0] == domain]
    lines = [f"darkpy {domain} VERB <data> <cfg> [weights] [flags]", "", *_table(names)]
    return "\n".join([*lines, "", f"  darkpy {domain} VERB --help  lists a verb's flags"])


def _table(names: Iterable[tuple[str, ...]]) -> list[str]:
    return [f"  {' '.join(words):22s} {COMMANDS[words].summary}" for words in names]


def command_page(name: str, command: Command) -> str:
    """What a command is given and its flags, the usual ones first."""
    flags = command.flags.values()
    given = " ".join(argument.shown for argument in command.arguments)
    lines = [f"darkpy {name} {given}{' [flags]' if flags else ''}", "", command.summary]
    rows = [(argument.shown, argument.meaning) for argument in command.arguments]
    groups = {
        "arguments": rows,
        "flags": [_row(flag) for flag in flags if not flag.rare],
        "flags that few need": [_row(flag) for flag in flags if flag.rare],
    }
    for title, group in groups.items():
        if group:
            lines += ["", f"{title}:", *(line for shown in group for line in _lines(*shown))]
    return "\n".join(lines)


def _row(flag: Flag) -> tuple[str, str]:
    return f"-{flag.name}" if flag.is_switch else f"-{flag.name} X", meaning(flag)


def meaning(flag: Flag) -> str:
    """What a flag does, the words it takes, its default."""
    words = f": {', '.join(flag.choices)}" if flag.choices else ""
    default = flag.default_shown
    return f"{flag.explanation}{words}" + (f" (default {default})" if default else "")


def _lines(name: str, text: str) -> list[str]:
    first, *more = textwrap.wrap(text, _WIDTH - _LEFT)
    return [f"  {name:{_LEFT - 3}s} {first}", *(" " * _LEFT + line for line in more)]
