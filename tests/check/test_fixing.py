"""Corrected copies: what has one right answer is answered, everything else stays as it was."""

from __future__ import annotations

import pytest

from darkpy.cfg.edits import split
from darkpy.check.fixing import corrected, difference


def fixed(text: str) -> str:
    return "".join(line.body + line.end for line in corrected(split(text), "my.cfg"))


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("filters=255", "filters=14"),
        ("filters=abc", "filters=14"),
        ("filtres=14", "filters=14"),
    ],
)
def test_the_last_filters_before_a_head(faultless, wrong, right):
    assert fixed(faultless.replace("filters=14", wrong)) == faultless


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("stride=32", "stirde=32"),
        ("activation=leaky", "activation=leeky"),
        ("[upsample]", "[upsampel]"),
        ("steps=6400,7200", "steps=400000,450000"),
        ("policy=steps", "policy=steps\npolicy=step"),
        ("batch=64", "batch=64\nbatch=1"),
        ("batch=64\nsubdivisions=16", "batch=1\nsubdivisions=1"),
        ("subdivisions=16", "subdivisions=13"),
        ("[net]\n", ""),
        ("channels=3", "channels=3\nchannels=1\nchannels=4"),
    ],
)
def test_a_mistake_is_put_right_exactly(faultless, right, wrong):
    assert right in faultless
    assert fixed(faultless.replace(right, wrong)) == faultless


def test_silu_is_the_swish_of_darknet(faultless):
    text = faultless.replace("activation=leaky", "activation=silu")

    assert fixed(text) == faultless.replace("activation=leaky", "activation=swish")


def test_comments_blanks_order_and_line_ends_stay(faultless):
    text = faultless.replace("filters=14", "  filters = 255   # heads\t", 1).replace("\n", "\r\n")
    wanted = faultless.replace("filters=14", "  filters = 14   # heads\t", 1).replace("\n", "\r\n")

    assert fixed(text) == wanted


def test_a_last_line_without_an_end_keeps_none(faultless):
    assert fixed(faultless.rstrip("\n")) == faultless.rstrip("\n")
    assert fixed(faultless[:-1] + "\nnum=3") == faultless


def test_classes_are_put_right_before_the_filters_that_rest_on_them(faultless):
    third = "\n[route]\nlayers=-2\n\n" + faultless[faultless.rindex("[convolutional]") :]
    text = faultless + third

    # The first head's 80 classes ask for filters=170; 2 of 3 heads say that 2 classes are right.
    assert fixed(text.replace("classes=2", "classes=80", 1)) == text


def test_what_has_no_single_answer_stays(faultless):
    text = faultless.replace("width=64", "width=100")

    assert fixed(text) == text


def test_a_correction_is_stable(faultless):
    once = fixed(faultless.replace("filters=14", "filter=1\nfilters=2\nfilters=3"))

    assert fixed(once) == once


def test_the_difference_is_a_unified_diff(faultless):
    old = split(faultless.replace("num=4", "num=2", 1))
    new = corrected(old, "my.cfg")

    lines = list(difference(old, new, "my.cfg", "good.cfg"))
    assert lines[:2] == ["--- my.cfg", "+++ good.cfg"]
    assert [line for line in lines[2:] if line[0] in "+-"] == ["-num=2", "+num=4"]


def test_a_line_of_a_thousand_words_takes_no_time_to_correct(faultless):
    """A pattern that tries all ways to part such a line would not come to an end."""
    long = "num=4 " + " = ".join(["a b"] * 20000)

    assert fixed(faultless.replace("num=4", long, 1)) == faultless


def test_very_long_words_are_quoted_by_their_beginning(check):
    checked = check(("filters=8", "filters=" + "8" * 5000), ("[upsample]", "[" + "u" * 5000 + "]"))

    assert max(len(found.message) for found in checked.items) < 300
