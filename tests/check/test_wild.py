"""188 cfgs of other people's repositories: each builds, or gets remarks that a person confirmed.

wild.tsv has a row a file: its name; `same` where the number of parameters is that of an independent
walk (../shared/real/cfgs/wild.tsv), `-` where there is none to compare; and `builds`, or the first
three remarks that are no notes, errors first, as severity, line, how often, and how they begin, and
how many more there are. Each was compared with the cfg, and with what the C program does with it
(`load_network_custom` of its library builds all that build here, without yolo9000's missing files).
Where darkpy is stricter: a cfg whose activation=silu is unknown (it takes relu), or whose heads
differ in classes.
"""

from __future__ import annotations

import csv
from collections import Counter

import pytest

from darkpy.cfg.reader import read_cfg
from darkpy.check.table import examine
from darkpy.errors import CfgError, Finding
from tests.conftest import ROOT

with open(ROOT / "tests" / "check" / "wild.tsv", encoding="utf-8") as table:
    ROWS = list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))
_SHOWN = 3


@pytest.fixture(scope="module")
def walked(shared) -> dict[str, str]:
    """Parameters of each file by an independent walk, or what kept it from walking."""
    with open(shared / "real" / "cfgs" / "wild.tsv", encoding="utf-8") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {row["file"]: row["parameters_or_trouble"] for row in rows}


def remarks(findings: list[Finding]) -> list[tuple[str, str]]:
    """`E12 x3 ` and the message, for each different remark that is no note."""
    said = [found for found in findings if found.severity != "note"]
    said.sort(key=lambda found: (found.severity != "error", found.line or 0))
    counts = Counter((found.severity, found.message) for found in said)
    different = {(found.severity, found.message): found for found in reversed(said)}
    return [
        (
            f"{found.severity[0].upper()}{found.line or 0}{f' x{n}' if n > 1 else ''} ",
            found.message,
        )
        for key, n in counts.items()
        if (found := different[key])
    ]


def test_the_table_has_all_files(walked):
    assert {row["file"] for row in ROWS} == set(walked)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["file"])
def test_a_wild_cfg_builds_or_gets_the_remarks_that_were_confirmed(row, shared, walked):
    path = shared / "real" / "cfgs" / "wild" / row["file"]
    expected = row["findings"]
    if expected.startswith("refused "):
        with pytest.raises(CfgError, match=expected.removeprefix("refused ")):
            read_cfg(path)
        return

    subject = examine(read_cfg(path))

    found = remarks(subject.findings.items)
    parts = [] if expected == "builds" else expected.split(" | ")
    more = int(parts.pop()) if parts and parts[-1].startswith("+") else 0
    assert len(found) == len(parts) + more
    for (place, message), part in zip(found, parts, strict=False):
        assert part.startswith(place)
        assert part.removeprefix(place) in message
    if row["parameters"] == "same":
        assert subject.whole
        assert sum(plan.weights for plan in subject.plan.layers) == int(walked[row["file"]])
    else:
        assert not walked[row["file"]].isdecimal() or "?" in expected
