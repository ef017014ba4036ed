"""Traps of [ssd] and [retina]."""

from __future__ import annotations

import pytest

from tests.planning.scaled_cfgs import RETINA, SSD


@pytest.mark.parametrize("text", [SSD, RETINA])
def test_a_sound_head_has_no_warning(check, text):
    found = check(text=text)

    assert [item for item in found.items if item.severity in ("error", "warning")] == []


def test_filters_that_do_not_fit_are_told_with_the_number_that_would(check):
    found = check(("filters=28", "filters=30"), text=SSD)

    fault = found.only("error", "filters=")
    assert "28" in fault.message
    assert fault.fixes[0].text == "filters=28"


def test_contradictions_in_a_group_name_both_lines(check):
    found = check(("sizes=20,40", "sizes=20,40\nmatch_thresh=.6\nclasses=2"), text=SSD)
    both = check(
        ("sizes=20,40", "sizes=20,40\nmatch_thresh=.6"),
        ("sizes=10,20", "sizes=10,20\nmatch_thresh=.5"),
        text=SSD,
    )

    assert not [item for item in found.items if item.severity == "error"]
    fault = both.only("error", "match_thresh=.6 contradicts line")
    assert fault.line == both.line("match_thresh=.6")


def test_a_step_that_does_not_fill_the_input_is_told_with_the_one_that_does(check):
    found = check(("step=16", "step=8"), text=SSD)

    # 4 cells of 8 px are 32 of 64.
    fault = found.only("warning", "step=8 spreads 4 cells over 32 px, the input has 64")
    assert (fault.line, fault.fixes[0].text) == (found.line("step=8", 2), "step=16")


def test_a_step_of_the_stock_maps_that_reaches_beyond_the_input_is_right(check):
    # SSD300: 3 cells of 100 px are 300, 5 of 64 are 320, 10 of 32 are 320.
    text = SSD.replace("width=64", "width=60").replace("height=64", "height=60")
    assert not [item for item in check(text=text).items if "spreads" in item.message]


@pytest.mark.parametrize(
    ("old", "new", "severity", "part"),
    [
        ("sizes=10,20", "sizes=.2,.3", "warning", "look like shares of the picture"),
        ("sizes=10,20", "sizes=100,120", "warning", "larger than the input of 64 px"),
        ("sizes=10,20", "sizes=2,3", "warning", "leave gaps"),
        ("sizes=10,20", "sizes=30,20", "warning", "are they exchanged?"),
        ("sizes=10,20", "sizes=10,25", "note", "is usually the first of the next map"),
        ("ratios=1,2,.5", "ratios=3,2,.5", "warning", "is a square whatever it says, here 3"),
        ("ratios=1,2,.5", "ratios=1,2,2", "warning", "ratios= has 2 more than once"),
        ("sizes=10,20", "variance=10,10,5,5\nsizes=10,20", "warning", "looks like weights"),
    ],
)
def test_anchors_that_are_not_what_they_seem(check, old, new, severity, part):
    found = check((old, new), text=SSD)

    assert found.only(severity, part).line == found.line(new.split("\n")[0])


def test_variance_has_one_right_answer(check):
    found = check(("sizes=10,20", "variance=10,10,5,5\nsizes=10,20"), text=SSD)

    fault = found.only("warning", "looks like weights")
    assert fault.fixes[0].text == "variance=0.1,0.1,0.2,0.2"


@pytest.mark.parametrize("text", [SSD, RETINA])
@pytest.mark.parametrize(
    ("new", "part"),
    [
        ("activation=leaky", "activation=leaky before a head"),
        ("batch_normalize=1\nactivation=linear", "batch_normalize=1 before a head"),
    ],
)
def test_a_head_reads_raw_numbers(check, text, new, part):
    found = check(("activation=linear", new), text=text)

    assert found.only("warning", part).line == found.line(new.split("\n")[0])


def test_two_groups_are_told(check):
    found = check(("sizes=20,40", "sizes=20,40\nclasses=2\ngroup=1"), text=SSD)

    note = found.only("note", "[ssd] group=0 and [ssd] group=1 are detectors of their own")
    assert note.line == found.line("group=1")
