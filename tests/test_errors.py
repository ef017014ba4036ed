"""Errors and findings as they are shown: text of files never reaches the terminal raw."""

from __future__ import annotations

import pytest

from darkpy.errors import (
    CfgError,
    DataError,
    Finding,
    Findings,
    first_of,
    place,
    shown_lines,
    shown_text,
)

RED = "\x1b[31m"


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (f"{RED}cat", r"\x1b[31mcat"),
        ("bell\x07 and \x9b31m", r"bell\x07 and \x9b31m"),
        ("cat\rdog\x08", r"cat\rdog\x08"),
        ("gpj.\u202efdp", r"gpj.\u202efdp"),
        ("two\nlines", r"two\nlines"),
        ("two\u2028lines", r"two\u2028lines"),
    ],
)
def test_what_a_terminal_obeys_is_shown_as_an_escape(raw, shown):
    assert shown_text(raw) == shown


@pytest.mark.parametrize(
    "text", ["кот", "自転車", "a\tb", "naïve", "👩\u200d🚀", "می\u200cخواهم", ""]
)
def test_letters_of_every_script_stay(text):
    assert shown_text(text) == shown_lines(text) == text


def test_a_text_of_several_lines_keeps_its_breaks():
    assert shown_lines(f"one\n{RED}two") == "one\n\\x1b[31mtwo"


def test_errors_and_findings_show_escapes_wherever_the_text_came_from():
    finding = Finding(f"{RED}a.txt", 3, "warning", f"class {RED} does not exist")
    several = Findings()
    several.error(f"{RED}my.cfg", 3, f"unknown layer '{RED}'")

    assert str(finding) == r"\x1b[31ma.txt:3: warning: class \x1b[31m does not exist"
    assert str(DataError.at(f"{RED}a", 2, RED)) == r"\x1b[31ma:2: \x1b[31m"
    assert str(DataError(f"{RED}\n{RED}")) == "\\x1b[31m\n\\x1b[31m"
    assert place("a\nb.txt", 1) == r"a\nb.txt:1"
    with pytest.raises(CfgError) as caught:
        several.raise_errors(CfgError)
    assert str(caught.value) == r"\x1b[31mmy.cfg:3: unknown layer '\x1b[31m'"


def test_the_first_of_many_and_how_many_more_there_are():
    assert list(first_of(["a", "b"], 2)) == ["a", "b"]
    assert list(first_of(["a", "b", "c", "d"], 2)) == ["a", "b", "... and 2 more"]
    assert list(first_of([1, 2], 1, "and {} more rows")) == ["1", "and 1 more rows"]
