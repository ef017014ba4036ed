"""Sections that are one detector: what stands in one of them is made known to the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from darkpy.cfg.options import Unreadable, keys_of, value_of
from darkpy.cfg.reader import Entry, Section
from darkpy.errors import Findings, clipped
from darkpy.sections.base import SECTIONS
from darkpy.sections.scales import ScaleOptions


class Grouped(NamedTuple):
    """One section with what the others of its group say. members: the indices of all of them."""

    section: Section
    members: tuple[int, ...] = ()


def grouped(sections: Sequence[Section], findings: Findings) -> list[Grouped]:
    """All sections; those of a group have its keys. Keys that contradict each other are errors."""
    groups: dict[tuple[str, int], list[int]] = {}
    for index, section in enumerate(sections):
        if _options(section) is not None:
            groups.setdefault((section.kind, _number(section)), []).append(index)
    result = [Grouped(section) for section in sections]
    for members in groups.values():
        own = [sections[index] for index in members]
        shared = dict(_shared(own, findings))
        for index, section in zip(members, own, strict=True):
            entries = {**shared, **section.entries}
            result[index] = Grouped(replace(section, entries=entries), tuple(members))
    return result


def _options(section: Section) -> type[ScaleOptions] | None:
    known = SECTIONS.get(section.kind)
    return known if known is not None and issubclass(known, ScaleOptions) else None


def _number(section: Section) -> int:
    """The group= of a section; what cannot be read is complained about where all keys are."""
    value = _value(section, section.entries["group"]) if "group" in section.entries else 0
    return value if isinstance(value, int) else 0


def _value(section: Section, entry: Entry) -> object:
    try:
        return value_of(keys_of(_options(section))[entry.key], entry.text)
    except Unreadable:
        return None


def _shared(sections: Sequence[Section], findings: Findings) -> Iterator[tuple[str, Entry]]:
    """The keys of a group, each from the first section that has it."""
    first: dict[str, Entry] = {}
    keys = _options(sections[0]).shared_keys()
    for section in sections:
        for name in keys & section.entries.keys():
            entry, known = section.entries[name], first.setdefault(name, section.entries[name])
            values = _value(section, known), _value(section, entry)
            if None not in values and values[0] != values[1]:
                findings.error(
                    section.source,
                    entry.line,
                    f"[{section.kind}] {clipped(f'{name}={entry.text}')} contradicts line "
                    f"{known.line}, {clipped(f'{name}={known.text}')}: the sections of a group are "
                    "one detector; group= with another number makes two of them",
                )
    yield from first.items()
