"""From the words of a flag to a typed, frozen value, by the same declarations as keys of a cfg.

A verb's flags are the fields of a dataclass, each declared once with `flag(default, help)`. The
command line, the verb, docs/commands.md and Python callers all read that declaration.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import typing
from collections.abc import Sequence
from typing import Any

from darkpy.cfg.options import Key, Unreadable, key, refuse_value, value_of
from darkpy.errors import UsageError

_MOST_PERCENT = 100


@dataclasses.dataclass(frozen=True)
class Flag(Key):
    """A key that is said on the command line.

    rare: few need it; the help lists it below the others. share: between 0 and 1, which people
    like to say in percent.
    """

    rare: bool
    share: bool

    @property
    def is_switch(self) -> bool:
        """No value follows it: it is on where it stands."""
        return self.type is bool

    @property
    def default_shown(self) -> str:
        """The default as one would type it; empty if there is none to say."""
        if self.is_switch or self.default in (None, "", ()):
            return ""
        if not isinstance(self.default, float) or math.isclose(self.default, 0):
            return str(self.default)
        shown = f"{self.default:g}"
        return shown.replace("0.", ".", 1) if self.default < 1 else shown

    def value(self, text: str) -> Any:
        """The typed value of a word. UsageError that begins with the flag if it has none."""
        try:
            return value_of(self, text)
        except Unreadable as problem:
            raise UsageError(f"-{self.name} {problem}{self._percent(text)}") from None

    def check(self, value: Any) -> None:
        """UsageError for a value, perhaps from Python, that the command line would refuse."""
        if value is None or value == self.default:
            return
        try:
            refuse_value(self, value, str(value))
        except Unreadable as problem:
            raise UsageError(f"-{self.name} {problem}{self._percent(str(value))}") from None

    def _percent(self, text: str) -> str:
        """What someone may have meant who said a share as a number above 1."""
        if not self.share:
            return ""
        try:
            number = float(text.removesuffix("%"))
        except ValueError:
            return ""
        if not (1 < number <= _MOST_PERCENT or (text.endswith("%") and 0 <= number <= 1)):
            return ""
        return f"; {number:g} % is -{self.name} {number / _MOST_PERCENT:g}".replace(" 0.", " .")


def flag(
    default: Any,
    explanation: str,
    *,
    choices: Sequence[str] = (),
    minimum: float | None = None,
    maximum: float | None = None,
    rare: bool = False,
    share: bool = False,
) -> Any:
    """Declare one flag as a dataclass field; a share lies between 0 and 1."""
    if share:
        minimum, maximum = 0, 1
    declared = key(default, explanation, choices=choices, minimum=minimum, maximum=maximum)
    facts = {**declared.metadata, "rare": rare, "share": share}
    return dataclasses.field(default=default, metadata=facts)


@dataclasses.dataclass(frozen=True)
class Flags:
    """The flags of one verb. UsageError for a value that is not allowed, whoever gives it."""

    def __post_init__(self) -> None:
        for one in flags_of(type(self)).values():
            one.check(getattr(self, one.field))


@functools.cache
def flags_of(options: type[Flags]) -> dict[str, Flag]:
    """All flags of a verb by their name: its own first, then those it shares with others."""
    types = typing.get_type_hints(options)
    fields = {field.name: field for field in dataclasses.fields(options)}
    names = [name for kind in options.__mro__ for name in vars(kind).get("__annotations__", ())]
    return {
        name: Flag(name, name, types[name], fields[name].default, **fields[name].metadata)
        for name in names
    }


def words_of(flags: Flags) -> list[str]:
    """What to type for these flags; what is as it is left out."""
    words = []
    for one in flags_of(type(flags)).values():
        value = getattr(flags, one.field)
        if one.is_switch and value:
            words.append(f"-{one.name}")
        elif value != one.default:
            text = ",".join(value) if isinstance(value, tuple) else str(value)
            words.append(f"-{one.name}={text}")
    return words
