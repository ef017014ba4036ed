"""A small detector without a fault, and what the checks say of a changed one."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from darkpy.cfg.reader import parse_cfg
from darkpy.check.table import examine
from darkpy.errors import Finding

FAULTLESS = """[net]
batch=64
subdivisions=16
width=64
height=64
channels=3
learning_rate=0.001
burn_in=100
max_batches=8000
policy=steps
steps=6400,7200
scales=.1,.1

[convolutional]
filters=8
size=3
stride=32
pad=1
activation=leaky

[convolutional]
filters=14
size=1
stride=1
pad=1
activation=linear

[yolo]
mask=2,3
anchors=4,4, 8,8, 16,16, 32,32
classes=2
num=4

[route]
layers=-3

[upsample]
stride=2

[convolutional]
filters=14
size=1
stride=1
pad=1
activation=linear

[yolo]
mask=0,1
anchors=4,4, 8,8, 16,16, 32,32
classes=2
num=4
"""


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
def faultless() -> str:
    return FAULTLESS


@pytest.fixture
def check():
    """Check FAULTLESS with replacements: check((old, new), ...); each must change something."""

    def run(*changes: tuple[str, str], text: str = FAULTLESS) -> Checked:
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        return Checked(text, examine(parse_cfg(text.split("\n"), "my.cfg")).findings.items)

    return run


@pytest.fixture
def last_head():
    """A change of the second head: last_head("classes=2", "classes=3")."""
    start = FAULTLESS.rindex("[yolo]")

    def change(old: str, new: str) -> tuple[str, str]:
        head = FAULTLESS[start:]
        assert old in head
        return head, head.replace(old, new, 1)

    return change
