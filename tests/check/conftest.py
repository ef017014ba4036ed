"""What the checks say of a changed faultless detector."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from darkpy.cfg.reader import parse_cfg
from darkpy.check.table import examine
from darkpy.errors import Finding


@dataclass(frozen=True)
class Checked:
    """A text and what was found in it."""

    text: str
    items: list[Finding]

    def line(self, needle: str, occurrence: int = 1) -> int:
        """The number of the line that is `needle`, the first or a later one."""
        numbers = [n for n, line in enumerate(self.text.split("\n"), 1) if line == needle]
        return numbers[occurrence - 1]

    def said(self, severity: str) -> list[tuple[int | None, str]]:
        """Line and message of all findings of a severity."""
        return [(found.line, found.message) for found in self.items if found.severity == severity]

    def only(self, severity: str, part: str) -> Finding:
        """The one finding of that severity whose message has the part."""
        found = [f for f in self.items if f.severity == severity and part in f.message]
        assert len(found) == 1, "\n".join(map(str, self.items))
        return found[0]


@pytest.fixture
def check(faultless):
    """Check `faultless` with replacements: check((old, new), ...); each must change something."""

    def run(*changes: tuple[str, str], text: str = faultless) -> Checked:
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        return Checked(text, examine(parse_cfg(text.split("\n"), "my.cfg")).findings.items)

    return run


@pytest.fixture
def last_head(faultless):
    """A change of the second head: last_head("classes=2", "classes=3")."""
    head = faultless[faultless.rindex("[yolo]") :]

    def change(old: str, new: str) -> tuple[str, str]:
        assert old in head
        return head, head.replace(old, new, 1)

    return change
