"""Remarks as lines of text, in order of file and line, and the sentence that sums them up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from darkpy.check.subject import Subject
from darkpy.errors import Finding, number_of

_SHOWN_TWICE = 3  # a remark that is made more often is said once, with all its lines
SEVERITIES = ("error", "warning", "note")


def in_order(findings: Sequence[Finding], sources: Sequence[str]) -> list[Finding]:
    """By file, those of the command line first, then by line, then by severity."""
    rank = {source: number for number, source in enumerate(sources)}
    return sorted(
        findings,
        key=lambda found: (
            rank.get(found.source, len(rank)),
            found.source,
            found.line or 0,
            SEVERITIES.index(found.severity),
        ),
    )


def report(findings: Sequence[Finding]) -> Iterator[str]:
    """A line for each remark; what is said of many lines is said once and lists them."""
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for found in findings:
        groups.setdefault((found.source, found.severity, found.message), []).append(found)
    for found in findings:
        group = groups[found.source, found.severity, found.message]
        if len(group) <= _SHOWN_TWICE:
            yield str(found)
        elif found is group[0]:
            others = ", ".join(str(other.line) for other in group[1:])
            yield f"{found} (so in {number_of(len(group), 'places')}; the other lines: {others})"


def counted(findings: Sequence[Finding]) -> str:
    """`1 error, 0 warnings, 2 notes`."""
    counts = dict.fromkeys(SEVERITIES, 0)
    for found in findings:
        counts[found.severity] += 1
    return ", ".join(f"{n} {word}{'' if n == 1 else 's'}" for word, n in counts.items())


def summary(findings: Sequence[Finding], checked: Sequence[str], subject: Subject | None) -> str:
    """`my.cfg, obj.data: 1 error, 0 warnings, 2 notes`, and the network's measures if it builds."""
    text = f"{', '.join(checked)}: {counted(findings)}"
    if subject is None or not subject.whole or any(f.severity == "error" for f in findings):
        return text
    plan = subject.plan
    heads = len(subject.heads)
    detects = f"{heads} head{'' if heads == 1 else 's'} of {subject.classes} classes, "
    return (
        f"{text}; {number_of(len(plan.layers), 'layers')}, {detects if heads else ''}"
        f"{plan.bflops:.3f} BFLOPs, weights file of {plan.weights_bytes} bytes"
    )


def exit_status(findings: Sequence[Finding]) -> int:
    """0 without errors and warnings, 1 with warnings only, 2 with errors."""
    severities = {found.severity for found in findings}
    return 2 if "error" in severities else int("warning" in severities)
