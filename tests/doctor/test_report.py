"""Chapters as text and as data, and the verdict."""

from __future__ import annotations

import pytest

from darkpy.doctor.report import NOTE, STOP, WARNING, Chapter, Remark, Verdict, report_data

PLACES = tuple(f"a.txt:{line}: wrong" for line in range(1, 26))


def test_a_chapter_lists_facts_and_the_first_places_of_its_remarks():
    chapter = Chapter("labels", ("3 boxes",), {}, (Remark(NOTE, "odd", PLACES[:5]),))

    assert chapter.text().splitlines() == [
        "",
        "labels",
        "  3 boxes",
        "  note: odd",
        "    a.txt:1: wrong",
        "    a.txt:2: wrong",
        "    a.txt:3: wrong",
        "    ... and 2 more (-all lists them)",
    ]


@pytest.mark.parametrize("severity", [STOP, WARNING])
def test_of_what_is_wrong_more_is_listed_and_all_if_asked(severity):
    chapter = Chapter("labels", remarks=(Remark(severity, "odd", PLACES),))

    assert len(chapter.text().splitlines()) == 3 + 20 + 1
    assert chapter.text(complete=True).splitlines()[-1] == "    a.txt:25: wrong"


def test_the_data_hold_every_place():
    chapter = Chapter("labels", (), {"boxes": 3}, (Remark(WARNING, "odd", PLACES),), hours=1.5)
    data = report_data([chapter], Verdict.of([chapter]))

    assert data["chapters"]["labels"]["facts"] == {"boxes": 3}
    assert data["chapters"]["labels"]["remarks"][0]["places"] == list(PLACES)
    assert (data["verdict"], data["hours"], data["warnings"]) == ("GO", 1.5, 1)


@pytest.mark.parametrize(
    ("severities", "hours", "line"),
    [
        ([], 2.25, "GO: about 2.2 hours"),
        ([NOTE], 0.5, "GO: about 30 minutes"),
        ([WARNING], None, "GO: 1 warning, the time was not measured"),
        ([WARNING, NOTE, WARNING], 0.001, "GO: 2 warnings, about 1 minute"),
        ([WARNING, STOP, STOP], 3.0, "NO-GO: remark 1; remark 2"),
    ],
)
def test_the_verdict_is_the_last_line(severities, hours, line):
    remarks = [Remark(severity, f"remark {i}") for i, severity in enumerate(severities)]
    chapters = [Chapter("all", remarks=tuple(remarks)), Chapter("speed", hours=hours)]

    assert Verdict.of(chapters).line == line
