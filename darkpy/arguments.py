"""Darknet's way with a command line: flags anywhere, one dash or two, `_` or `-`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from darkpy.errors import UsageError
from darkpy.registry import did_you_mean


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaints are UsageError and whose flags are spelled freely."""

    def __init__(self, command: str, summary: str) -> None:
        super().__init__(
            prog=f"darkpy {command}", description=summary, allow_abbrev=False, add_help=False
        )
        self.add_argument("--help", "--h", action="help", help="show this page")

    def flag(self, name: str, explanation: str) -> None:
        """Add a switch that is off by default."""
        self.add_argument(f"--{name}", action="store_true", help=explanation)

    def option(self, name: str, kind: type, default: object, explanation: str) -> None:
        """Add an option with a value."""
        shown = "" if default in (None, "") else f" (default {default})"
        self.add_argument(
            f"--{name}", type=kind, default=default, metavar="X", help=explanation + shown
        )

    def choice(self, name: str, choices: Sequence[str], explanation: str) -> None:
        """Add an option that takes one of some words; the first one is the default."""
        shown = f"{explanation}: {', '.join(choices)} (default {choices[0]})"
        self.add_argument(f"--{name}", choices=choices, default=choices[0], metavar="X", help=shown)

    def read(self, words: Sequence[str]) -> dict[str, object]:
        """Words of a command line -> keyword arguments. UsageError if they do not fit."""
        known = {name[2:] for name in self._option_string_actions}
        spelled = [self._spelled(word.rstrip("\r"), known) for word in words]
        return vars(self.parse_intermixed_args(spelled))

    def _spelled(self, word: str, known: set[str]) -> str:
        """`-dont-show`, `--dont_show` -> `--dont_show`; numbers and file names as they are."""
        if not word.startswith("-") or _is_number(word) or word == "-":
            return word
        name, equals, value = word.lstrip("-").partition("=")
        by_folded = {_folded(flag): flag for flag in known}
        if _folded(name) not in by_folded:
            hint = did_you_mean(_folded(name), by_folded)
            raise UsageError(f"{self.prog}: unknown flag {word}{hint}\n{self._see()}")
        return f"--{by_folded[_folded(name)]}{equals}{value}"

    def error(self, message: str) -> None:  # type: ignore[override]
        """Raise what argparse would print."""
        raise UsageError(f"{self.prog}: {message}\n{self._see()}")

    def _see(self) -> str:
        return f"`{self.prog} --help` lists what it takes"


def _folded(name: str) -> str:
    return name.replace("-", "_").lower()


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
