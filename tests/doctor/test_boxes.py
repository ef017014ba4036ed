"""The chapter on boxes at the network's input."""

from __future__ import annotations

import pytest

from darkpy.doctor.boxes import box_chapter
from darkpy.doctor.report import NOTE, WARNING
from tests.doctor.patients import NET, planned, said
from tests.planning.scaled_cfgs import SSD

NAMES = ("cat", "dog")
ROOMY = NET.replace("anchors=8,8, 20,20", "anchors=16,8, 32,16")


def chapter(*lists, net=NET):
    return box_chapter(list(lists), planned(net), NAMES)


def test_sizes_are_those_at_the_input_and_the_fit_is_that_of_the_anchors(examined):
    # .25 x .25 of 64 x 32 is 16 x 8, .5 x .5 is 32 x 16: one anchor each.
    found = chapter(examined({"a": "0 .5 .5 .25 .25\n0 .5 .5 .5 .5\n"}), net=ROOMY)

    assert found.lines == (
        "at the input of 64x32 px:",
        "train: median 24x12 px, nine in ten between 12 and 22 px (root of the area)",
        "train: 2 anchors, avg IoU 100.0%, best possible recall at IoU 0.5 100.0%",
    )
    assert found.remarks == ()
    assert found.facts["train"] == {"median_px": [24, 12], "below_1_px": 0, "below_8_px": 0}


def test_boxes_no_anchor_fits_are_named(examined):
    # 64 x 8 px shares 20 x 8 with 20 x 20 at best: 160 / (512 + 400 - 160) = .21.
    found = chapter(examined({"a": "1 .5 .5 1 .25\n" + "0 .5 .5 .125 .25\n0 .4 .5 .3 .6\n"}))

    (remark,) = found.remarks
    assert remark.severity == WARNING
    assert remark.text == (
        "33.3% of the train boxes are fitted by no anchor (IoU below 0.5); "
        "see `darkpy detector calc_anchors`"
    )
    assert remark.places == ("a.png: dog 64.0x8.0 px",)


def test_boxes_below_a_pixel_are_lost_and_small_ones_are_counted(examined):
    # .01 of 64 is .64 px; .1 x .2 is 6.4 x 6.4 px; .3 x .6 is 19.2 x 19.2 px.
    rows = "1 .5 .5 .01 .3\n0 .5 .5 .1 .2\n" + "".join(f"0 .{i} .5 .3 .6\n" for i in range(40, 50))
    found = chapter(examined({"a": rows}))

    assert said(found)[:2] == [
        (WARNING, "1 train boxes are smaller than one px of the input and are not learnt"),
        (
            NOTE,
            "8.3% of the train boxes are below 8x8 px, which is hard to recognise; a larger "
            "width= and height=, or cutting the pictures, helps",
        ),
    ]
    assert found.remarks[0].places == ("a.png: dog 0.6x9.6 px",)
    assert found.facts["train"]["below_8_px"] == 1


def test_many_small_boxes_are_a_warning(examined):
    found = chapter(examined({"a": "0 .5 .5 .1 .2\n0 .4 .5 .3 .6\n"}))

    assert (found.remarks[0].severity, found.remarks[0].text[:5]) == (WARNING, "50.0%")


def test_a_letterbox_keeps_boxes_smaller(examined):
    # 32 x 24 px into 64 x 32: the height decides, 42 x 32; half of it is 21 x 16.
    boxed = NET.replace("channels=3", "channels=3\nletter_box=1")
    found = chapter(examined({"a": "0 .5 .5 .5 .5\n"}), net=boxed)

    assert found.facts["train"]["median_px"] == [21, 16]


def test_boxes_beyond_the_border_are_named(examined):
    found = chapter(examined({"a": "0 .1 .5 .3 .6\n0 .15 .5 .31 .6\n0 .5 .5 .3 .6\n"}), net=NET)

    # .1 - .15 = -.05 is outside, .15 - .155 = -.005 is rounding.
    assert said(found) == [
        (
            NOTE,
            "1 train boxes reach beyond the picture by more than 2% of its side; they are cut at "
            "the border",
        )
    ]


@pytest.mark.parametrize(("most", "remarks"), [(2, 1), (3, 0)])
def test_pictures_with_more_objects_than_max_are_named(examined, most, remarks):
    rows = "0 .4 .5 .3 .6\n0 .5 .5 .3 .6\n0 .6 .5 .3 .6\n"
    found = chapter(examined({"a": rows}), net=NET + f"max={most}\n")

    assert [text for _, text in said(found)] == [
        "1 train pictures have more than max=2 objects; the others are not learnt: "
        "max=3 in each head takes all"
    ][:remarks]


def test_lists_without_boxes_have_nothing_to_say(examined):
    assert chapter(examined({"a": ""})).remarks == ()


def test_boxes_that_no_anchor_of_ssd_reaches_are_named(examined):
    # 64 px square: 10 x 10 px in the middle of a fine cell is an anchor; 60 x 4 px is near none.
    rows = f"0 {20 / 64} {20 / 64} {10 / 64} {10 / 64}\n1 .5 .5 {60 / 64} {4 / 64}\n"
    found = chapter(examined({"a": rows}), net=SSD)

    assert "reached at match_thresh=0.5 50.0%" in found.lines[2]
    (remark,) = [one for one in found.remarks if "reached by no anchor" in one.text]
    assert (remark.severity, remark.places) == (WARNING, ("a.png: dog 60.0x4.0 px",))
