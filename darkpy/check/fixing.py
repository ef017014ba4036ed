"""A corrected copy of a cfg: every remark that has one right answer, answered."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from darkpy.cfg.reader import parse_cfg
from darkpy.check.table import examine
from darkpy.errors import Finding, Fix

_ROUNDS = 10  # an answer may show the next mistake; more rounds than that go in circles
_END = re.compile(r"(\r\n|\r|\n)")
_BLANKS = " \t\v\f\x00\ufeff\u200b"


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


def corrected(lines: list[TextLine], source: str) -> list[TextLine]:
    """The lines with all sure answers in place; comments, order and ends stay."""
    for _ in range(_ROUNDS):
        findings = examine(parse_cfg([line.body for line in lines], source)).findings
        fixes = _to_apply(findings.items)
        changed = _apply(lines, fixes)
        if changed == lines:
            break
        lines = changed
    return lines


def difference(old: list[TextLine], new: list[TextLine], source: str, target: str) -> Iterator[str]:
    """A unified diff, line by line."""
    bodies = [line.body for line in old], [line.body for line in new]
    return difflib.unified_diff(*bodies, source, target, lineterm="")


def _to_apply(findings: list[Finding]) -> list[Fix]:
    """The answers for this round: errors first; those that others rest on alone."""
    ordered = sorted(findings, key=lambda finding: finding.severity != "error")
    fixes = list(dict.fromkeys(fix for finding in ordered for fix in finding.fixes))
    return [fix for fix in fixes if fix.alone] or fixes


def _apply(lines: list[TextLine], fixes: list[Fix]) -> list[TextLine]:
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
            result.append(TextLine(_rewritten(line.body, new.text), line.end))
        added = below.get(number, {}).values()
        if added and not line.end:
            result[-1] = TextLine(result[-1].body, usual)
        result += [TextLine(text, usual) for text in added]
    return result


def _rewritten(body: str, text: str) -> str:
    """The line with another key or value; its indent, its blanks at = and its comment stay."""
    content, sign, comment = body.partition("#")
    said = content.strip(_BLANKS)
    indent, _, blanks = content.partition(said) if said else (content, "", "")
    old, equals, value = said.partition("=")
    if equals and "=" in text:
        key, _, right = text.partition("=")
        before = old[len(old.rstrip(_BLANKS)) :]
        after = value[: len(value) - len(value.lstrip(_BLANKS))]
        text = f"{key}{before}={after}{right}"
    return f"{indent}{text}{blanks}{sign}{comment}"
