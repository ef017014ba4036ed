"""Darknet's way with a command line: flags anywhere, one dash or two, `_` or `-`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from darkpy.errors import UsageError
from darkpy.registry import did_you_mean

# Flags of Darknet's detector that a command may know nothing of, and whether a value follows.
DARKNET_FLAGS = {
    "avgframes": True,
    "benchmark": False,
    "benchmark_layers": False,
    "c": True,
    "chart": True,
    "clear": False,
    "dont_show": False,
    "dontdraw_bbox": False,
    "ext_output": False,
    "gpus": True,
    "hier": True,
    "http_post_host": True,
    "iou_thresh": True,
    "json_file_output": True,
    "json_port": True,
    "letter_box": False,
    "map": False,
    "mAP_epochs": True,
    "mjpeg_port": True,
    "out": True,
    "out_filename": True,
    "points": True,
    "prefix": True,
    "s": True,
    "save_labels": False,
    "show": False,
    "show_imgs": False,
    "thresh": True,
    "time_limit_sec": True,
}
_LEFT_ALONE = "darknet."
_FULFILLED = ("--dont_show", "--dontdraw_bbox")  # a command that shows nothing obeys them anyhow


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaints are UsageError and whose flags are spelled freely.

    remarks: what `read` has to say about the words it took.
    """

    def __init__(self, command: str, summary: str) -> None:
        super().__init__(
            prog=f"darkpy {command}", description=summary, allow_abbrev=False, add_help=False
        )
        self.add_argument("--help", "--h", action="help", help="show this page")
        self.remarks: list[str] = []

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

    def accept_darknet_flags(self) -> None:
        """Take every flag of Darknet's; those without an effect here become a remark."""
        own = {_folded(name[2:]) for name in self._option_string_actions}
        for name, takes_value in DARKNET_FLAGS.items():
            if _folded(name) not in own:
                facts = {} if takes_value else {"nargs": 0}
                self.add_argument(
                    f"--{name}",
                    action=_LeftAlone,
                    dest=_LEFT_ALONE + name,
                    help=argparse.SUPPRESS,
                    **facts,
                )

    def read(self, words: Sequence[str]) -> dict[str, object]:
        """Words of a command line -> keyword arguments. UsageError if they do not fit."""
        known = {name[2:] for name in self._option_string_actions}
        spelled = [self._spelled(word.rstrip("\r"), known) for word in words]
        values = vars(self.parse_intermixed_args(spelled))
        return {name: value for name, value in values.items() if not name.startswith(_LEFT_ALONE)}

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


class _LeftAlone(argparse.Action):
    """A flag that is read and has no effect; the parser remarks on it."""

    def __call__(self, parser, namespace, values, option_string=None) -> None:
        if option_string not in _FULFILLED:
            parser.remarks.append(f"{parser.prog}: -{option_string[2:]} has no effect here")


def _folded(name: str) -> str:
    return name.replace("-", "_").lower()


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
