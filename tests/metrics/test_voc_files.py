"""The files of `detector valid`, by hand and against the C program's."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pytest
import torch

from darkpy.errors import DataError
from darkpy.inference.suppression import darknet_order, suppress
from darkpy.metrics.voc_files import (
    COCO_CATEGORIES,
    bdd_entries,
    coco_entries,
    coco_file,
    coco_number,
    imagenet_lines,
    kitti_lines,
    picture_id,
    voc_lines,
)
from tests.metrics.pictures import Found, found

SIZE = (100, 200)


def test_pixels_are_counted_from_one():
    # centre (100, 50), 40 x 20 px: x 80 to 120, y 40 to 60, and 1 more
    detections = found([[0.5, 0.5, 0.2, 0.2, 0.0, 0.75]], classes=2)

    lines = list(voc_lines("/data/images/cell.jpg", detections, SIZE))

    assert lines == [(1, "cell 0.750000 81.000000 41.000000 121.000000 61.000000")]


def test_boxes_are_cut_at_the_picture():
    detections = found([[0.5, 0.5, 2.0, 2.0, 0.5]])

    lines = list(voc_lines("cell.jpg", detections, SIZE))

    assert lines == [(0, "cell 0.500000 1.000000 1.000000 200.000000 100.000000")]


def test_box_has_a_line_for_every_class_that_is_left_of_it():
    detections = found([[0.5, 0.5, 0.2, 0.2, 0.25, 0.5]], classes=2)

    assert [k for k, _ in voc_lines("cell.jpg", detections, SIZE)] == [0, 1]
    assert list(voc_lines("cell.jpg", found([]), SIZE)) == []


@pytest.mark.parametrize(
    ("path", "name"),
    [("/a/b.c/d.e.jpg", "d"), (r"C:\\pictures\\cell.png", "cell"), ("plain", "plain")],
)
def test_picture_is_named_by_its_file_up_to_the_first_dot(path, name):
    assert picture_id(path) == name


def test_coco_entry_is_left_top_width_height_counted_from_zero():
    # x 80 to 120 and y -10 to 10, cut at 0: 40 x 10; the 12th class is COCO's number 13
    detections = found([[0.5, 0.0, 0.2, 0.2, *[0.0] * 11, 0.75]], classes=12)

    entries = list(coco_entries("000000000042.jpg", detections, SIZE))

    assert entries == [
        '{"image_id":42, "category_id":13, "bbox":[80.000000, 0.000000, 40.000000, 10.000000], '
        '"score":0.750000}'
    ]


def test_coco_file_is_json_even_without_entries():
    entry = next(coco_entries("1.jpg", found([[0.5, 0.5, 0.2, 0.2, 0.5]]), SIZE))

    assert len(json.loads(coco_file([entry, entry]))) == 2
    assert json.loads(coco_file([])) == []


def test_coco_has_80_of_its_90_numbers():
    assert len(COCO_CATEGORIES) == 80
    assert (COCO_CATEGORIES[0], COCO_CATEGORIES[11], COCO_CATEGORIES[79]) == (1, 13, 90)


def test_coco_numbers_stand_before_or_behind_the_name():
    assert coco_number("val2017/000000000042.jpg") == 42
    assert coco_number("COCO_val2014_000000000042.jpg") == 42
    with pytest.raises(DataError, match=r"cell\.jpg: eval=coco needs"):
        coco_number("images/cell.jpg")


def test_more_classes_than_coco_has_are_refused():
    with pytest.raises(DataError, match="80 classes, the network 81"):
        list(coco_entries("1.jpg", Found(torch.zeros(0, 4), torch.zeros(0, 81)), SIZE))


@pytest.mark.oracle
@pytest.mark.slow
def test_files_about_72_pictures_are_the_c_programs(shared, bccd_pictures):
    written = [[], [], []]
    for picture in bccd_pictures:
        order = darknet_order(picture.probs)
        boxes, probs = picture.boxes[order], picture.probs[order]
        h, w = picture.size
        # `valid` suppresses above .6, and in pixels, where distances weigh otherwise
        probs = suppress(boxes * torch.tensor((w, h, w, h)), probs, threshold=0.6, kind="greedynms")
        for k, line in voc_lines(picture.path, Found(boxes, probs), picture.size):
            written[k].append(line)

    for name, lines in zip(("RBC", "WBC", "Platelets"), written, strict=True):
        with gzip.open(shared / f"golden/map/comp4_det_test_{name}.txt.gz", "rt") as file:
            pictures, numbers = columns(file.read().splitlines())
        own_pictures, own_numbers = columns(lines)
        assert own_pictures == pictures
        far = (np.abs(own_numbers - numbers) > [1e-5, 1e-3, 1e-3, 1e-3, 1e-3]).any(axis=1)
        # rows whose probabilities agree in six digits change places from machine to machine
        assert far.mean() < 0.002


def columns(lines):
    """The picture of each line, and its five numbers (N, 5)."""
    words = [line.split() for line in lines]
    return [it[0] for it in words], np.array([[float(number) for number in it[1:]] for it in words])


def test_imagenet_lines_count_pictures_and_classes_from_1():
    # centre 16 of 32 px, sides 8 of 32 and 40 of 20 px: 12 to 20, and -10 to 30 cut to 0 and 20
    boxes = found([[0.5, 0.5, 0.25, 2.0, 0.0, 0.75]], classes=2)

    assert list(imagenet_lines(7, boxes, (20, 32))) == [
        "7 2 0.750000 12.000000 0.000000 20.000000 20.000000"
    ]


# centre (100, 50), 40 x 20 px of 200 x 100, classes 1 and 2; and one over the left top corner
TWO = [[0.5, 0.5, 0.2, 0.2, 0.0, 0.75, 0.25], [0.0, 0.0, 0.2, 0.2, 0.0, 0.0, 0.5]]


def test_bdd_entries_are_the_c_program_s_to_the_blank():
    text = coco_file(list(bdd_entries("/data/b1c66a42.jpg", found(TWO, classes=3), SIZE)))

    # its own file of another picture, with these numbers in place
    entry = (
        '\t{{\n\t\t"name":"b1c66a42",\n\t\t"category":"{}",\n'
        '\t\t"bbox":[{}, {}, {}, {}],\n\t\t"score":{}\n\t}}'
    )
    box = "80.000000", "40.000000", "120.000000", "60.000000"
    cut = "0.000000", "0.000000", "20.000000", "10.000000"
    wanted = [
        entry.format("bus", *box, "0.750000"),
        entry.format("car", *box, "0.250000"),
        entry.format("car", *cut, "0.500000"),
    ]
    assert text == "[\n" + ",\n".join(wanted) + "\n]\n"
    assert [row["category"] for row in json.loads(text)] == ["bus", "car", "car"]
    # only .jpg goes from the name; a quote in it does not end the text
    (name, *_) = bdd_entries('a"b.png', found(TWO, classes=3), SIZE)
    assert json.loads(name)["name"] == 'a"b.png'


def test_kitti_lines_say_of_space_that_it_is_not_known():
    unknown = "-1 -1 -1 -1000 -1000 -1000 -10"
    assert list(kitti_lines(found(TWO, classes=3), SIZE)) == [
        f"pedestrian -1 -1 -10 80.000000 40.000000 120.000000 60.000000 {unknown} 0.750000",
        f"cyclist -1 -1 -10 80.000000 40.000000 120.000000 60.000000 {unknown} 0.250000",
        f"cyclist -1 -1 -10 0.000000 0.000000 20.000000 10.000000 {unknown} 0.500000",
    ]
