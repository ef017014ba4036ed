"""From a section's text to a typed, frozen value: field names are the cfg keys.

A key is declared once, with `key(default, help)`; reading, checking and explaining it all follow
from that declaration. A field whose name ends in `_` stands for a key that Python reserves
(`from_` is `from=`).
"""

from __future__ import annotations

import dataclasses
import functools
import math
import typing
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from darkpy.cfg.inline_comment import warn_of_comment
from darkpy.cfg.reader import Entry, Section
from darkpy.errors import Findings, Fix, clipped
from darkpy.registry import did_you_mean, surely_meant

O = TypeVar("O")  # noqa: E741 - an options class

# Larger numbers are typing accidents; they are refused before they become memory.
LARGEST_INT = 2**31 - 1


def key(
    default: Any,
    explanation: str,
    *,
    choices: Sequence[str] = (),
    minimum: float | None = None,
    maximum: float | None = None,
    inert: str = "",
    note: str = "",
) -> Any:
    """Declare one cfg key as a dataclass field.

    choices: the words allowed. minimum, maximum: the smallest and largest value (of each item of
    a list). inert: why the key has no effect in darkpy; empty if it has. note: what surprises
    people about it, for `darkpy explain`.
    """
    facts = {
        "explanation": explanation,
        "choices": tuple(choices),
        "minimum": minimum,
        "maximum": maximum,
        "inert": inert,
        "note": note,
    }
    return dataclasses.field(default=default, metadata=facts)


# What other programs call some of the words that a cfg may choose from: other names, same thing.
_ELSEWHERE = {
    "silu": "swish",
    "sigmoid": "logistic",
    "none": "linear",
    "identity": "linear",
    "lrelu": "leaky",
    "leaky_relu": "leaky",
    "hardtanh": "hardtan",
    "cosine": "sgdr",
}


class Unreadable(ValueError):
    """A text is no value of a key; the message begins with the text and says why."""


def _int(text: str) -> int:
    number = _whole(text)
    if abs(number) > LARGEST_INT:
        raise Unreadable(f"{clipped(text)} is larger than any sensible value")
    return number


def _whole(text: str) -> int:
    """A whole number of any size, exactly."""
    try:
        return int(text)
    except ValueError:
        pass  # 1e3 and 2.0 are whole, too
    try:
        number = float(text)
    except ValueError:
        raise Unreadable(f"{clipped(text)} is not int") from None
    if not math.isfinite(number) or number != int(number):
        raise Unreadable(f"{clipped(text)} is not a whole number")
    return int(number)


def _float(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise Unreadable(f"{clipped(text)} is not a number") from None
    if not math.isfinite(number):
        raise Unreadable(f"{clipped(text)} is not a finite number")
    return number


def _bool(text: str) -> bool:
    return _int(text) != 0


def _switch_or_word(text: str) -> bool | str:
    """0 or 1 as of a switch, or a word; whether that is allowed says `refuse_value`."""
    try:
        return _bool(text)
    except Unreadable:
        return text


def _list(item: Callable[[str], Any]) -> Callable[[str], tuple]:
    return lambda text: tuple(item(part) for part in text.split(",") if part)


_READERS: dict[Any, Callable[[str], Any]] = {
    int: _int,
    float: _float,
    bool: _bool,
    str: str,
    bool | str: _switch_or_word,
    tuple[int, ...]: _list(_int),
    tuple[float, ...]: _list(_float),
    tuple[str, ...]: _list(str),
    int | None: _int,
    float | None: _float,
}


@dataclasses.dataclass(frozen=True)
class Key:
    """What is known about one key of a section kind."""

    name: str
    field: str
    type: Any
    default: Any
    explanation: str
    choices: tuple[str, ...]
    minimum: float | None
    maximum: float | None
    inert: str
    note: str


@functools.cache
def keys_of(options: type) -> dict[str, Key]:
    """All keys of an options class by their name in the cfg, in the order of declaration."""
    types = typing.get_type_hints(options)
    keys = {}
    for field in dataclasses.fields(options):
        if not field.metadata:
            continue  # it holds something else than a key
        name = field.name.rstrip("_")
        keys[name] = Key(name, field.name, types[field.name], field.default, **field.metadata)
    return keys


def options_from(section: Section, options: type[O], findings: Findings) -> O:
    """A section's text as an `options` value.

    What cannot be read becomes an error in `findings` and takes its default, so that one run
    finds all mistakes; an unknown or inert key becomes a warning or a note.
    """
    keys = keys_of(options)
    values = {}
    for entry in section.entries.values():
        known = keys.get(entry.key)
        if known is None:
            _unknown_key(section, entry, keys, findings)
            continue
        if known.inert:
            message = f"[{section.kind}] {entry.key}= has no effect in darkpy: {known.inert}"
            findings.note(section.source, entry.line, message)
        if entry.comment:
            warn_of_comment(section, entry, known.type, known.choices, findings)
        try:
            values[known.field] = _value(known, entry)
        except Unreadable as problem:
            message = f"[{section.kind}] {entry.key}={problem}"
            right = _word_meant(entry.text, known.choices)
            fix = section.fix(entry.key, right) if right else None
            findings.error(section.source, entry.line, message, fix)
    return options(**values)


def _unknown_key(section: Section, entry: Entry, keys: dict[str, Key], findings: Findings) -> None:
    message = f"[{section.kind}] {clipped(entry.key)}= is not used{did_you_mean(entry.key, keys)}"
    right = surely_meant(entry.key, keys)
    free = right is not None and right not in section.entries
    fix = Fix(entry.line, f"{right}={entry.text}") if free else None
    findings.warning(section.source, entry.line, message, fix)


def _value(known: Key, entry: Entry) -> Any:
    if not entry.text and known.type not in (str, tuple[str, ...]):
        raise Unreadable(" has no value")
    return value_of(known, entry.text)


def value_of(known: Key, text: str) -> Any:
    """The typed value of a text. Unreadable if it breaks the key's type, choices or bounds."""
    large = known.type in (int, int | None) and (known.maximum or 0) > LARGEST_INT
    value = (_whole if large else _READERS[known.type])(text)
    refuse_value(known, value, text)
    return value


def refuse_value(known: Key, value: Any, text: str) -> None:
    """Unreadable for a value, said as `text`, against the key's choices and bounds."""
    if known.choices and value not in known.choices and not isinstance(value, bool):
        meant = _word_meant(value, known.choices)
        if meant is not None and value.lower() in _ELSEWHERE:
            raise Unreadable(f"{clipped(value)} is not known; Darknet's name for it is '{meant}'")
        if meant is not None:
            raise Unreadable(f"{clipped(value)} is not known; did you mean '{meant}'?")
        hint = did_you_mean(value, known.choices)
        raise Unreadable(f"{clipped(value)} is not one of {', '.join(known.choices)}{hint}")
    said = clipped(text)
    bounded = known.minimum is not None or known.maximum is not None
    for number in value if isinstance(value, tuple) else (value,):
        if bounded and not isinstance(number, int | float):
            raise Unreadable(f"{said} is not a number")
        if known.minimum is not None and not number >= known.minimum:
            raise Unreadable(f"{said} is below the smallest value, {known.minimum:g}")
        if known.maximum is not None and number > known.maximum:
            raise Unreadable(f"{said} is above the largest value, {_bound(known.maximum)}")


def _bound(number: float) -> str:
    return str(number) if number > LARGEST_INT else f"{number:g}"


def _word_meant(word: str, choices: Sequence[str]) -> str | None:
    """The one choice that a wrong word can only have stood for."""
    elsewhere = _ELSEWHERE.get(word.lower())
    return elsewhere if elsewhere in choices else surely_meant(word, choices)
