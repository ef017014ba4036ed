"""What can go wrong, and where: the exception tree and the findings that make up a report.

DarkpyError             exit status 1: a run failed
├── PeerError           another process of a training on several devices is gone
└── InputError          exit status 2: something the user gave is wrong
    ├── UsageError      the words on the command line
    ├── CfgError        a .cfg file
    ├── DataError       .data, .names, list and label files
    │   └── PictureError    one picture that cannot be read
    ├── WeightsError    a .weights file, or one that does not fit the network
    ├── StateError      the state beside a .weights file, or one that does not fit the training
    └── OutputError     a folder or file that cannot be written
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_LONGEST_QUOTE = 60
# What a terminal obeys in place of showing it, and what turns the order of letters about. A tab
# does no harm, and a line break is `shown_text`'s alone to judge.
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def shown_text(text: str) -> str:
    """Text of one line that came from a file, safe to show: control characters as escapes.

    Names of classes and files can hold what moves the cursor, changes a window's title or hides
    words; whoever shows such a text shows it through here.

    >>> shown_text("cat" + chr(27) + "[31m")
    'cat\\\\x1b[31m'
    """
    return shown_lines(text).replace("\n", "\\n")


def shown_lines(text: str) -> str:
    """The same for a text of several lines, whose breaks stay."""
    return _OBEYED.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def place(source: str | Path, line: int | None = None) -> str:
    """`file:line`, or only the file where no line is meant."""
    shown = shown_text(str(source))
    return f"{shown}:{line}" if line else shown


def first_of(items: Sequence[object], most: int, rest: str = "... and {} more") -> Iterator[str]:
    """The first `most` items as text, and then how many more there are, in the words of `rest`."""
    yield from map(str, items[:most])
    if len(items) > most:
        yield rest.format(len(items) - most)


def clipped(text: str) -> str:
    """What a user wrote, for a message: the beginning is enough of what is very long."""
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}…"


def number_of(count: int, things: str) -> str:
    """A count with the plural that it asks for.

    >>> number_of(1, "classes"), number_of(2, "classes"), number_of(1, "groups")
    ('1 class', '2 classes', '1 group')
    """
    if count == 1:
        things = things.removesuffix("es" if things.endswith(("sses", "xes")) else "s")
    return f"{count} {things}"


class DarkpyError(Exception):
    """A failure that one sentence explains; the command line prints it without a traceback."""

    exit_status = 1

    def __str__(self) -> str:
        return shown_lines(super().__str__())


class PeerError(DarkpyError):
    """A process that trains together with this one is gone."""


class InputError(DarkpyError):
    """Something the user gave is wrong: where, what, and what would be right."""

    exit_status = 2

    @classmethod
    def at(cls, source: str | Path, line: int | None, message: str) -> InputError:
        """An error of this class whose text begins with its place."""
        return cls(f"{place(source, line)}: {message}")


class UsageError(InputError):
    """The command line asks for something that does not exist or does not fit together."""


class CfgError(InputError):
    """A network description that cannot be built; all of its mistakes, a line each."""


class DataError(InputError):
    """A data set that cannot be used as it stands."""


class PictureError(DataError):
    """One picture that cannot be read or decoded."""


class WeightsError(InputError):
    """A weights file that is broken or does not belong to the network."""


class StateError(InputError):
    """The state of a training that is broken or does not belong to the training."""


class OutputError(InputError):
    """A place where results should go cannot be written."""


@dataclass(frozen=True)
class Fix:
    """The one right answer to a remark: what a line should say.

    text: the line without blanks and comment; None if it should go. below: it is a new line after
    that one (after line 0: the first). alone: other remarks may rest on this mistake, so that their
    answers wait until it is gone.
    """

    line: int
    text: str | None
    below: bool = False
    alone: bool = False


@dataclass(frozen=True)
class Finding:
    """One remark about a file. severity: "error", "warning" or "note".

    training: an error that keeps only trainings from running.
    """

    source: str
    line: int | None
    severity: str
    message: str
    fixes: tuple[Fix, ...] = field(default=(), compare=False)
    training: bool = field(default=False, compare=False)

    def __str__(self) -> str:
        where = place(self.source, self.line)
        return f"{where}: {self.severity}: {shown_lines(self.message)}"


@dataclass
class Findings:
    """Remarks in the order they were made; nothing is raised before the whole file was read."""

    items: list[Finding] = field(default_factory=list)
    _known: set[Finding] = field(default_factory=set, init=False, repr=False, compare=False)

    def add(
        self,
        severity: str,
        source: str | Path,
        line: int | None,
        message: str,
        *fixes: Fix | None,
    ) -> None:
        """Note a remark; the same one is kept once. fixes: its one right answer, if it has one."""
        answer = tuple(fix for fix in fixes if fix is not None)
        self.keep(Finding(str(source), line, severity, message, answer))

    def keep(self, finding: Finding) -> None:
        """Note a remark that was made elsewhere; the same one is kept once."""
        if finding not in self._known:
            self._known.add(finding)
            self.items.append(finding)

    def error(self, source: str | Path, line: int | None, message: str, *fixes: Fix | None) -> None:
        """Something that makes the file unusable."""
        self.add("error", source, line, message, *fixes)

    def warning(
        self, source: str | Path, line: int | None, message: str, *fixes: Fix | None
    ) -> None:
        """Something that is probably not what its author meant."""
        self.add("warning", source, line, message, *fixes)

    def note(self, source: str | Path, line: int | None, message: str, *fixes: Fix | None) -> None:
        """Something worth knowing."""
        self.add("note", source, line, message, *fixes)

    def extend(self, others: Findings) -> None:
        """Add the remarks of others."""
        for found in others.items:
            self.keep(found)

    @property
    def errors(self) -> list[Finding]:
        return [finding for finding in self.items if finding.severity == "error"]

    @property
    def warnings(self) -> list[Finding]:
        return [finding for finding in self.items if finding.severity == "warning"]

    def raise_errors(self, kind: type[InputError], *, training: bool = True) -> None:
        """Raise all errors found so far as one `kind`, each on a line of its own.

        training=False: only if there is one that keeps more than trainings from running.
        """
        if any(training or not finding.training for finding in self.errors):
            ordered = sorted(self.errors, key=lambda finding: finding.line or 0)
            lines = [f"{place(found.source, found.line)}: {found.message}" for found in ordered]
            raise kind("\n".join(lines))
