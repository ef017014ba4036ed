"""Lines of a cfg as they stand in the file, and changes of them that leave all else as it was."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from darkpy.errors import Fix

_END = re.compile(r"(\r\n|\r|\n)")


@dataclass(frozen=True)
class TextLine:
    """A line of a file without its end, and its end."""

    body: str
    end: str


def split(text: str) -> list[TextLine]:
    """A text as lines that keep their ends."""
    pieces = _END.split(text)
    bodies, ends = pieces[::2], [*pieces[1::2], ""]
    lines = [TextLine(body, end) for body, end in zip(bodies, ends, strict=True)]
    return lines if lines[-1].body else lines[:-1]


def edited(
    lines: list[TextLine], fixes: Iterable[Fix], rewritten: Callable[[str, str], str]
) -> list[TextLine]:
    """The lines with all changes in place; of several for one line the first counts.

    rewritten: a line's body and what it shall say -> its new body.
    """
    changes: dict[int, Fix] = {}
    below: dict[int, dict[str, str]] = {}
    for fix in fixes:
        if not fix.below:
            changes.setdefault(fix.line, fix)
        elif fix.text is not None:
            below.setdefault(fix.line, {}).setdefault(fix.text.partition("=")[0], fix.text)
    usual = next((line.end for line in lines if line.end), "\n")
    result = [TextLine(text, usual) for text in below.get(0, {}).values()]
    for number, line in enumerate(lines, start=1):
        new = changes.get(number)
        if new is None:
            result.append(line)
        elif new.text is not None:
            result.append(TextLine(rewritten(line.body, new.text), line.end))
        added = below.get(number, {}).values()
        if added and not line.end:
            result[-1] = TextLine(result[-1].body, usual)
        result += [TextLine(text, usual) for text in added]
    return result
