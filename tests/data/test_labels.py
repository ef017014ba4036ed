"""Label files."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from darkpy.data.labels import darknet_label_path, label_paths, parse_clean, parse_rows, said


@pytest.mark.parametrize(
    ("picture", "label"),
    [
        ("data/obj/1.jpg", "data/obj/1.txt"),
        ("/coco/images/train2017/1.jpg", "/coco/labels/train2017/1.txt"),
        ("/coco/images/val2014/1.jpg", "/coco/labels/val2014/1.txt"),
        ("/VOC2007/JPEGImages/1.png", "/VOC2007/labels/1.txt"),
        ("/a/images/1.jpg", "/a/images/1.txt"),
        ("/a.jpg/b.c.JPEG", "/a.jpg/b.c.txt"),
    ],
)
def test_darknet_looks_beside_the_picture_or_in_labels(picture, label):
    assert darknet_label_path(picture) == label


@pytest.mark.parametrize(
    ("picture", "second"),
    [
        ("/a/images/train/1.jpg", "/a/labels/train/1.txt"),
        ("images/1.jpg", "labels/1.txt"),
        ("/images/x/images/1.jpg", "/images/x/labels/1.txt"),
    ],
)
def test_images_to_labels_is_tried_second(picture, second):
    assert label_paths(picture)[1:] == (second,)


@pytest.mark.parametrize("picture", ["data/1.jpg", "/coco/images/train2017/1.jpg"])
def test_one_place_is_not_named_twice(picture):
    assert len(label_paths(picture)) == 1


def test_clean_files_are_parsed_together():
    files = [b"0 .5 .5 .1 .2\r\n1 1e-1 1 1 1\n", b"", b"\r\n", b"\t1  0.25 0.5 0.125 1"]

    rows, counts = parse_clean(files, classes=2)

    assert counts == [2, 0, 0, 1]
    np.testing.assert_array_equal(
        rows, [[0, 0.5, 0.5, 0.1, 0.2], [1, 0.1, 1, 1, 1], [1, 0.25, 0.5, 0.125, 1]]
    )


def test_no_row_at_all_is_clean():
    rows, counts = parse_clean([b"", b" \n"], classes=1)

    assert rows.shape == (0, 5)
    assert counts == [0, 0]


BAD = {
    "2 .5 .5 .1 .1": "class 2 does not exist; classes=2 allows 0 to 1",
    "-1 .5 .5 .1 .1": "class -1 does not exist; classes=2 allows 0 to 1",
    "0.5 .5 .5 .1 .1": "class 0.5 does not exist; classes=2 allows 0 to 1",
    "nan .5 .5 .1 .1": "class nan does not exist; classes=2 allows 0 to 1",
    "0 0 0 .1 .1": "the centre is 0 0; give the middle of the box, or delete the row",
    "0 0 .5 .1 .1": "the centre 0 0.5 is outside the picture; cx, cy lie in (0, 1]",
    "0 .5 1.01 .1 .1": "the centre 0.5 1.01 is outside the picture; cx, cy lie in (0, 1]",
    "0 320 240 64 48": (
        "the centre 320 240 is outside the picture; divide pixels by the sides of the picture"
    ),
    "0 .5 nan .1 .1": "the centre 0.5 nan is outside the picture; cx, cy lie in (0, 1]",
    "0 .5 .5 0 .1": "the box is empty, 0 x 0.1; w, h lie in (0, 1]",
    "0 .5 .5 .1 -.1": "the box is empty, 0.1 x -0.1; w, h lie in (0, 1]",
    "0 .5 .5 inf .1": "the box is empty, inf x 0.1; w, h lie in (0, 1]",
    "0 .5 .5 1e308 .1": "the box of 1e+308 x 0.1 pictures; w, h lie in (0, 1]",
    "0 .5 .5 .1": "4 values; a row is: class cx cy w h",
    "0 .1 .1 .2 .1 .2 .2 .3": "8 values; a row is: class cx cy w h",
    "0 .1 .1 .2 .1 .2 x": "'x' is not a number; a row is: class cx cy w h",
    "0 .1 .1 .2 .1 .2 .1": "the box is empty, 0.1 x 0; w, h lie in (0, 1]",
    "dog .5 .5 .1 .1": "'dog' is not a number; a row is: class cx cy w h",
    "0,.5,.5,.1,.1": "1 value; blanks part the values, not commas",
    "0, .5, .5, .1": "4 values; blanks part the values, not commas",
    "0 0,5 0,5 0,1 0,1": "'0,5' is not a number; write a point, not a comma",
}


@pytest.mark.parametrize(("row", "remark"), BAD.items())
def test_a_bad_row_is_left_out_and_explained(row, remark):
    raw = f"0 .5 .5 .1 .2\n{row}\n1 .5 .5 .1 .2\n".encode()

    rows, bad = parse_rows(raw, "1.txt", classes=2)

    assert parse_clean([raw], classes=2) is None
    assert rows == [[0, 0.5, 0.5, 0.1, 0.2], [1, 0.5, 0.5, 0.1, 0.2]]
    assert [(one.path, one.line, str(one), one.kept) for one in bad] == [
        ("1.txt", 2, remark, False)
    ]


def test_a_blank_line_counts_as_a_line_only():
    assert parse_clean([b"0 .5 .5 .1 .2\n\n0 .5 .5 .1 .2"], classes=1) is None
    rows, bad = parse_rows(b"0 .5 .5 .1 .2\n\n1 .5 .5 .1 .2", "1.txt", classes=1)

    assert len(rows) == 1
    assert bad[0].line == 3


def test_a_side_longer_than_the_picture_is_remarked_on_and_kept():
    rows, bad = parse_rows(b"0 .5 .5 1.25 .5", "1.txt", classes=1)

    assert rows == [[0, 0.5, 0.5, 1.25, 0.5]]
    assert bad[0].kept
    assert bad[0].words == "Wrong annotation: w = 1.250000"


def test_a_sixth_number_is_a_track_id():
    assert parse_rows(b"0 .5 .5 .1 .2 17\n", "1.txt", classes=1) == ([[0, 0.5, 0.5, 0.1, 0.2]], [])


def test_a_polygon_becomes_the_box_around_it_and_all_are_said_once():
    # x .2 to .6, y .3 to .4
    raw = b"0 .4 .4 .2 .3 .6 .3\n1 .5 .5 .1 .2\n1 .2 .3 .6 .3 .6 .4 .2 .4\n"
    rows, bad = parse_rows(raw, "1.txt", classes=2)
    more = parse_rows(raw, "2.txt", classes=2)[1]

    box = pytest.approx([0.4, 0.35, 0.4, 0.1])
    assert [row[0] for row in rows] == [0, 1, 1]
    assert rows[0][1:] == box
    assert rows[2][1:] == box
    assert [(row.path, row.line, text) for row, text in said(bad + more)] == [
        (
            "1.txt",
            1,
            "the row is a polygon: the box around it is used, where the C program stops reading "
            "(so in 4 rows)",
        )
    ]
    assert bad[0].words == "Wrong annotation: 2 rows of more than 5 values"


def test_a_confidence_is_left_out_and_asked_about():
    rows, bad = parse_rows(b"0 .5 .5 .1 .2 0.93\n", "1.txt", classes=1)

    assert rows == [[0, 0.5, 0.5, 0.1, 0.2]]
    assert said(bad)[0][1] == (
        "the row has a sixth number, a confidence by its look, which is left out: are these "
        "labels what a network found?"
    )


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_other_encodings_are_read(encoding):
    raw = "0 .5 .5 .1 .2\n".encode(encoding)

    assert parse_clean([raw], classes=1) is None
    assert parse_rows(raw, "1.txt", classes=1) == ([[0, 0.5, 0.5, 0.1, 0.2]], [])


def test_rows_that_only_add_up_to_fives_are_not_clean():
    assert parse_clean([b"0 .5 .5 .1\n0 .5 .5 .1 .1 .1\n"], classes=1) is None
    assert parse_clean([b"0 .5 .5 .1 .1 0 .5 .5 .1 .1\n"], classes=1) is None


def test_both_ways_agree_on_the_odd_label_files(shared):
    seen = 0
    with open(shared / "real" / "odd.tsv", encoding="utf-8") as table:
        for row in csv.DictReader(table, delimiter="\t"):
            if row["kind"] != "labels":
                continue
            path = shared / "real" / "odd" / "labels" / row["file"]
            rows, bad = parse_rows(path.read_bytes(), str(path), classes=100)
            fast = parse_clean([path.read_bytes()], classes=100)
            assert (fast is None) == bool(bad)
            if fast is not None:
                np.testing.assert_array_equal(fast[0], np.reshape(rows, (-1, 5)))
            assert not rows or not {"empty", "whitespace-only"} & set(row["flags"].split())
            seen += 1

    assert seen == 24
