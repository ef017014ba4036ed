"""The chapter on pictures: broken, turned, unusual, repeated and shared ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from darkpy.cfg.data import DataOptions
from darkpy.data.dataset import read_dataset
from darkpy.doctor.pictures import Examined, picture_chapter
from darkpy.doctor.report import NOTE, STOP, WARNING
from darkpy.machine.opencv import cv2
from tests.doctor.patients import said, scanned, tiff, with_exif, write_picture


def chapter(*lists, channels=3, aspect=None):
    return picture_chapter(list(lists), channels=channels, aspect=aspect)


def test_good_pictures_are_counted_and_nothing_is_said(examined):
    found = chapter(examined({"a": "", "b": ""}), examined({"c": ""}, "valid"))

    assert found.lines == (
        "train: 2 pictures, 32x24 (100%)",
        "valid: 1 picture, 32x24 (100%)",
    )
    assert found.remarks == ()
    assert found.facts["train"]["sizes"] == [[32, 24, 2]]


def test_sizes_come_most_frequent_first_with_the_extremes(examined):
    def prepare():
        write_picture(Path("b.png"), 7, (100, 200))

    (line,) = chapter(examined({"a": "", "b": "", "c": ""}, prepare=prepare)).lines

    assert line == (
        "train: 3 pictures, 32x24 (67%), 200x100 (33%); smallest 32x24, largest 200x100"
    )


def test_broken_pictures_are_listed_and_one_good_one_is_enough_to_go(examined):
    found = chapter(examined({"a": "", "b": ""}, prepare=lambda: Path("a.png").write_bytes(b"")))

    (remark,) = found.remarks
    assert remark.severity == WARNING
    assert remark.text == ("1 of 2 train pictures is broken; training replaces them by other draws")
    assert remark.places == ("a.png: the file is empty; restore it or take it off the list",)


def test_without_any_good_picture_there_is_no_go(examined):
    found = chapter(examined({"a": ""}, prepare=lambda: Path("a.png").write_bytes(b"x")))

    assert said(found) == [(STOP, "none of the 1 train pictures can be used")]


def test_unusual_files_are_named(examined):
    def prepare():
        cv2.imwrite("grey.png", np.zeros((24, 32), np.uint8))
        cv2.imwrite("deep.png", np.full((24, 32, 4), 65535, np.uint16))

    lists = examined({"a": "", "grey": "", "deep": ""}, prepare=prepare)

    assert said(chapter(lists)) == [
        (NOTE, "1 train picture is greyscale: the network gets three equal channels"),
        (NOTE, "1 train picture has transparency, which is dropped"),
        (NOTE, "1 train picture has more than 8 bits, which are cut to 8"),
    ]
    assert [remark.places for remark in chapter(lists).remarks] == [
        ("grey.png",),
        ("deep.png",),
        ("deep.png",),
    ]
    assert "greyscale" not in str(said(chapter(lists, channels=1)))


def test_pictures_turned_by_exif_are_a_warning(examined):
    def prepare():
        _, raw = cv2.imencode(".jpg", np.zeros((24, 32, 3), np.uint8))
        Path("turned.png").write_bytes(with_exif(raw.tobytes(), tiff(8)))

    found = chapter(examined({"a": "", "turned": ""}, prepare=prepare))

    (remark,) = found.remarks
    assert remark.severity == WARNING
    assert remark.text.startswith("1 train picture is turned by EXIF")
    assert remark.places == ("turned.png",)
    assert found.facts["train"]["sizes"] == [[24, 32, 1], [32, 24, 1]]


@pytest.mark.parametrize(("aspect", "remarks"), [(1.0, 0), (0.7, 0), (0.6, 1), (3.0, 1)])
def test_pictures_stretched_by_two_or_more_are_named(examined, aspect, remarks):
    # 32 x 24 is 1.33 times as wide as high; the input's 0.6 stretches it 2.2 times, 3 0.44 times.
    found = chapter(examined({"a": ""}), aspect=aspect)

    assert len(found.remarks) == remarks


def test_lines_that_repeat_and_files_that_are_copies_are_told_apart(examined):
    def prepare():
        Path("copy.png").write_bytes(Path("a.png").read_bytes())

    train = examined({"a": "", "copy": "", "b": ""}, prepare=prepare)
    found = chapter(train)

    assert said(found) == [(WARNING, "1 train picture is the same as others, byte for byte")]
    assert found.remarks[0].places == ("a.png = copy.png",)


def test_lines_that_stand_twice_are_a_way_to_balance(examined):
    examined({"a": "", "b": ""})
    Path("train.txt").write_text("a.png\nb.png\na.png\n")
    dataset = read_dataset("train.txt", DataOptions(Path("obj.data")), 2)
    found = chapter(Examined("train", dataset, scanned(dataset)))

    assert said(found) == [(NOTE, "1 pictures stand more than once in train.txt")]
    assert found.remarks[0].places == ("a.png: 2 times",)


def test_valid_pictures_that_are_trained_on_are_found_by_content(examined):
    def prepare():
        Path("v.png").write_bytes(Path("b.png").read_bytes())

    train = examined({"a": "", "b": ""})
    valid = examined({"v": "", "w": ""}, "valid", prepare=prepare)
    found = chapter(train, valid)

    assert said(found) == [
        (
            WARNING,
            "1 of 2 valid pictures are in the train list too, by their content: mAP will look "
            "better than it is",
        )
    ]
    assert found.remarks[0].places == ("v.png = b.png",)


def test_two_broken_pictures_are_not_the_same_picture(examined):
    train = examined({"a": "", "b": ""}, prepare=lambda: Path("a.png").write_bytes(b""))
    valid = examined({"c": "", "d": ""}, "valid", prepare=lambda: Path("c.png").write_bytes(b""))

    assert all("content" not in text for _, text in said(chapter(train, valid)))


def test_missing_pictures_come_with_the_lines_of_the_list(examined):
    train = examined({"a": "", "b": ""}, prepare=lambda: Path("b.png").unlink())
    (remark,) = chapter(train).remarks

    assert remark.severity == WARNING
    assert remark.text == "1 pictures of train.txt do not exist and are left out"
    assert remark.places == ("train.txt:2: picture b.png does not exist; did you mean 'a.png'?",)


def test_of_many_copies_the_first_are_named(examined):
    def prepare():
        for name in "bcdef":
            Path(f"{name}.png").write_bytes(Path("a.png").read_bytes())

    found = chapter(examined(dict.fromkeys("abcdef", ""), prepare=prepare))

    assert found.remarks[0].places == ("a.png = b.png = c.png = d.png and 2 more",)
