"""Darknet's way with a command line: flags anywhere, one dash or two, `_` or `-`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from darkpy.console.command import Argument, Command
from darkpy.errors import UsageError
from darkpy.flags.darknet import DARKNET_FLAGS, Foreign
from darkpy.flags.declared import Flag
from darkpy.registry import did_you_mean

# What word processors and web pages make of the dash before a flag.
_OTHER_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2212"
_ON_OFF = {"1": True, "0": False}
_HELP = ("help", "h", "?")


class Words:
    """The words behind a command's name, read.

    options: what the command's `run` takes. help: its page is wanted, and nothing else. remarks:
    what there is to say about words without an effect.
    """

    def __init__(self, name: str, command: Command, words: Sequence[str]) -> None:
        self.prog = f"darkpy {name}"
        self.options: dict[str, object] = {}
        self.remarks: list[str] = []
        self.help = False
        self._flags = command.flags
        self._known: Mapping[str, Flag | Foreign] = self._flags
        if name.split()[0] in ("detect", "detector"):
            self._known = {**DARKNET_FLAGS, **self._flags}
        self._by_folded = {folded(known): known for known in (*self._known, *_HELP)}
        given = self._take([word.rstrip("\r") for word in words])
        if not self.help:
            self.options |= self._placed(command.arguments, given)

    def _take(self, words: list[str]) -> list[str]:
        """Read the flags; gives the words that are none."""
        given: list[str] = []
        left = iter(range(len(words)))
        for place in left:
            word, after = words[place], words[place + 1 :]
            if word == "--":
                return given + after
            name, equals, text = self._named(word)
            if not name:
                given.append(word)
            elif name in _HELP:
                self.help = True
            elif self._read(name, text if equals else None, after[:1]):
                next(left)
        return given

    def _named(self, word: str) -> tuple[str, str, str]:
        """Name, `=` and value of a word that is a flag; an empty name if it is none."""
        if word[:1] not in ("-", *_OTHER_DASHES) or _is_number(word) or word == "-":
            return "", "", ""
        name, equals, text = word.lstrip("-" + _OTHER_DASHES).partition("=")
        found = self._by_folded.get(folded(name), "")
        if not found and word[0] == "-":
            raise self.fault(f"unknown flag {word}{did_you_mean(folded(name), self._by_folded)}")
        return found, equals, text

    def _read(self, name: str, text: str | None, after: list[str]) -> bool:
        """Take one flag; True if the word after it was its value."""
        known = self._known[name]
        if isinstance(known, Foreign):
            if known.remark:
                self.remarks.append(f"{self.prog}: -{name} {known.remark}")
            return known.valued and text is None and bool(after)
        if known.is_switch:
            return self._switch(name, text, after)
        if text is None and (not after or self._is_flag(after[0])):
            raise self.fault(f"-{name} needs a value: {known.explanation}")
        try:
            self.options[name] = known.value(after[0] if text is None else text)
        except UsageError as problem:
            raise self.fault(str(problem)) from None
        return text is None

    def _switch(self, name: str, text: str | None, after: list[str]) -> bool:
        """`-clear`, and `-clear 1` too, whose 1 the C program would take for a file."""
        follows = text is None and after and after[0] in _ON_OFF and not os.path.exists(after[0])
        word = after[0] if follows else text
        if word is not None and word not in _ON_OFF:
            raise self.fault(f"-{name} takes no value, but {word!r} is given")
        self.options[name] = _ON_OFF[word or "1"]
        return bool(follows)

    def _is_flag(self, word: str) -> bool:
        return word[:1] == "-" and folded(word.lstrip("-")) in self._by_folded

    def _placed(self, arguments: Sequence[Argument], given: list[str]) -> dict[str, object]:
        """Every word in its place. UsageError if there are too few or too many."""
        placed: dict[str, object] = {}
        for argument in arguments:
            if argument.many:
                placed[argument.name], given = given, []
            elif given:
                placed[argument.name] = self._worth(argument, given.pop(0))
            elif argument.optional:
                placed[argument.name] = ""
            else:
                raise self.fault(f"{argument.shown} is missing: {argument.meaning}")
        if given:
            raise self.fault(f"one word too many: {given[0]!r}")
        return placed

    def _worth(self, argument: Argument, word: str) -> object:
        if not argument.number:
            return word
        try:
            return int(word)
        except ValueError:
            raise self.fault(f"{argument.shown} {word!r} is no whole number") from None

    def fault(self, message: str) -> UsageError:
        """A mistake of the words, and where to read what is right."""
        return UsageError(f"{self.prog}: {message}\n`{self.prog} --help` lists what it takes")


def folded(name: str) -> str:
    """A flag's name however it is spelled: `-dont-show`, `--dont_show`, `-DONT_SHOW`."""
    return name.replace("-", "_").lower()


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
