"""A cfg as a template: values of some keys changed in its text, the rest left as it was."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from darkpy.cfg.reader import Section

_WEIGHTS = re.compile(r"[\w.-]+\.conv\.\d+")


@dataclass(frozen=True)
class Change:
    """A key's new value in one section."""

    section: Section
    key: str
    value: object


def changed_lines(lines: list[str], changes: Iterable[Change]) -> list[str]:
    """Lines of a cfg with the changes in place; what a section lacks is added below its name.

    The comment right above a changed key goes, for it spoke of the old value, and comments that
    count the channels of changed filters= are corrected.
    """
    said: dict[int, str | None] = {}
    added: dict[int, list[str]] = {}
    for change in changes:
        text = f"{change.key}={change.value}"
        entry = change.section.entries.get(change.key)
        if entry is None:
            added.setdefault(change.section.line, []).append(text)
            continue
        if change.key == "filters":
            lines = _recounted(lines, entry.text, str(change.value))
        if entry.text != str(change.value):
            said[entry.line] = text
            if _is_comment(lines[entry.line - 2]):
                said[entry.line - 1] = None
    result: list[str] = []
    for number, line in enumerate(lines, start=1):
        text = said.get(number, line)
        if text is not None:
            result.append(text)
        result += added.get(number, ())
    return result


def _recounted(lines: list[str], old: str, new: str) -> list[str]:
    """The lines with `old channels` in comments said with the new number."""
    pattern = re.compile(rf"\b{re.escape(old)}(?= channels)")
    return [pattern.sub(new, line) if _is_comment(line) else line for line in lines]


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith(("#", ";"))


def start_weights(lines: list[str]) -> str:
    """The weights file that trainings begin with, where a comment of the cfg names it."""
    comments = filter(_is_comment, lines)
    found = (_WEIGHTS.search(line) for line in comments)
    return next((match[0] for match in found if match), "")


def without_preface(lines: list[str]) -> list[str]:
    """The lines from the first section on: the comments before it describe another network."""
    start = next((i for i, line in enumerate(lines) if line.strip().startswith("[")), 0)
    return lines[start:]
