"""What the doctor found: chapters of facts and remarks, and the verdict, as text and as data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from darkpy.errors import first_of, number_of

STOP, WARNING, NOTE = "stop", "warning", "note"
# How a remark begins in the text; the data keep the words above.
_SPOKEN = {STOP: "NO-GO", WARNING: "warning", NOTE: "note"}
SHOWN = {STOP: 20, WARNING: 20, NOTE: 3}  # places of one remark that the text lists


@dataclass(frozen=True)
class Remark:
    """One thing worth saying. severity: STOP, WARNING or NOTE. places: a line for each of them."""

    severity: str
    text: str
    places: tuple[str, ...] = ()

    def lines(self, *, complete: bool) -> Iterator[str]:
        """The remark as indented text with all of its places or the first ones."""
        shown = len(self.places) if complete else SHOWN[self.severity]
        yield f"  {_SPOKEN[self.severity]}: {self.text}"
        listed = first_of(self.places, shown, "... and {} more (-all lists them)")
        yield from (f"    {place}" for place in listed)


@dataclass(frozen=True)
class Chapter:
    """One field that was looked at.

    lines: its facts as text. facts: the same as plain data. remarks: what is odd about them.
    hours: how long the training will take, from the chapter that measured it.
    """

    title: str
    lines: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    remarks: tuple[Remark, ...] = ()
    hours: float | None = None

    def text(self, *, complete: bool = False) -> str:
        """The chapter as text, without a line end after the last line."""
        body = [f"  {line}" for line in self.lines]
        body += [line for remark in self.remarks for line in remark.lines(complete=complete)]
        return "\n".join([f"\n{self.title}", *body])

    def data(self) -> dict[str, Any]:
        """The chapter as plain data, with all places."""
        remarks = [
            {"severity": r.severity, "text": r.text, "places": list(r.places)} for r in self.remarks
        ]
        return {"facts": self.facts, "remarks": remarks}


@dataclass(frozen=True)
class Verdict:
    """Whether the training can begin.

    reasons: of a NO-GO. warnings: how many there are. hours: of the whole training, if known.
    """

    reasons: tuple[str, ...]
    warnings: int
    hours: float | None

    @classmethod
    def of(cls, chapters: Sequence[Chapter]) -> Verdict:
        """The sum of all chapters."""
        remarks = [remark for chapter in chapters for remark in chapter.remarks]
        return cls(
            tuple(remark.text for remark in remarks if remark.severity == STOP),
            sum(remark.severity == WARNING for remark in remarks),
            next((chapter.hours for chapter in chapters if chapter.hours is not None), None),
        )

    @property
    def go(self) -> bool:
        return not self.reasons

    @property
    def line(self) -> str:
        """The last line of the report."""
        if not self.go:
            return f"NO-GO: {'; '.join(self.reasons)}"
        parts = []
        if self.warnings:
            parts.append(f"{self.warnings} warning{'s' * (self.warnings > 1)}")
        if self.hours is None:
            parts.append("the time was not measured")
        else:
            parts.append(f"about {spoken_hours(self.hours)}")
        return f"GO: {', '.join(parts)}"


def spoken_hours(hours: float) -> str:
    """A length of time in the unit that suits it.

    >>> spoken_hours(0.001), spoken_hours(0.25), spoken_hours(30.04)
    ('1 minute', '15 minutes', '30.0 hours')
    """
    minutes = max(1, round(60 * hours))
    return f"{hours:.1f} hours" if hours >= 1 else number_of(minutes, "minutes")


def report_data(chapters: Iterable[Chapter], verdict: Verdict) -> dict[str, Any]:
    """The whole report as plain data for JSON."""
    return {
        "verdict": "GO" if verdict.go else "NO-GO",
        "reasons": list(verdict.reasons),
        "warnings": verdict.warnings,
        "hours": verdict.hours,
        "chapters": {chapter.title: chapter.data() for chapter in chapters},
    }
