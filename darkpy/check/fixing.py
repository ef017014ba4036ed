"""A corrected copy of a cfg: every remark that has one right answer, answered."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from darkpy.cfg.edits import TextLine, edited
from darkpy.cfg.reader import parse_cfg
from darkpy.check.table import examine
from darkpy.errors import Finding, Fix

_ROUNDS = 10  # an answer may show the next mistake; more rounds than that go in circles
_BLANKS = " \t\v\f\x00\ufeff\u200b"


def corrected(lines: list[TextLine], source: str) -> list[TextLine]:
    """The lines with all sure answers in place; comments, order and ends stay."""
    for _ in range(_ROUNDS):
        findings = examine(parse_cfg([line.body for line in lines], source)).findings
        fixes = _to_apply(findings.items)
        changed = edited(lines, fixes, _rewritten)
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
