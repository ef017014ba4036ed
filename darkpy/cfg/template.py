"""A cfg as a template: values of some keys changed in its text, the rest left as it was."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from darkpy.cfg.edits import TextLine, edited
from darkpy.cfg.reader import Section
from darkpy.errors import Fix

_WEIGHTS = re.compile(r"[\w.-]+\.conv\.\d+")


@dataclass(frozen=True)
class NewValue:
    """A key's new value in one section."""

    section: Section
    key: str
    value: object


def changed_lines(lines: list[str], changes: Iterable[NewValue]) -> list[str]:
    """Lines of a cfg with the changes in place; what a section lacks is added below its name.

    The comment right above a changed key goes, for it spoke of the old value, and comments that
    count the channels of changed filters= are corrected.
    """
    fixes: list[Fix] = []
    for change in changes:
        text = f"{change.key}={change.value}"
        entry = change.section.entries.get(change.key)
        if entry is None:
            fixes.append(Fix(change.section.line, text, below=True))
            continue
        if change.key == "filters":
            lines = _recounted(lines, entry.text, str(change.value))
        if entry.text != str(change.value):
            fixes.append(Fix(entry.line, text))
            if _is_comment(lines[entry.line - 2]):
                fixes.append(Fix(entry.line - 1, None))
    plain = [TextLine(line, "\n") for line in lines]
    return [line.body for line in edited(plain, fixes, lambda _, text: text)]


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
