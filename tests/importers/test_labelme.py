"""LabelMe's JSON files."""

from __future__ import annotations

import json

import pytest

from darkpy.errors import DataError
from darkpy.importers import labelme
from tests.finished import finished

CORNERS = [[30, 25], [10, 5]]


def shape(kind="rectangle", points=CORNERS, label="cat", **more) -> dict:
    return {"label": label, "points": points, "shape_type": kind, "flags": {}, **more}


def file(*shapes: dict, picture: str = "a.jpg") -> str:
    table = {"version": "5.0", "imagePath": picture, "imageData": None, "shapes": list(shapes)}
    return json.dumps({**table, "imageWidth": 100, "imageHeight": 50})


@pytest.mark.parametrize(
    ("kind", "points"),
    [
        ("rectangle", CORNERS),
        ("rectangle", [[10, 5], [30, 5], [30, 25], [10, 25]]),
        ("polygon", [[10, 5], [30, 5], [20, 25]]),
        ("mask", CORNERS),
        ("circle", [[20, 15], [20, 25]]),
    ],
)
def test_shapes_with_an_area_are_the_box_around_them(picture, text, tmp_path, kind, points):
    picture("mine/a.jpg")
    text("mine/a.json", file(shape(kind, points)))

    found = finished(labelme.read_labelme(tmp_path / "mine"))

    (one,) = found.pictures.values()
    assert one.boxes[0].cxcywh == pytest.approx((0.2, 0.3, 0.2, 0.4))
    outline = "outlines, of which the box around them is used: 1"
    assert [f.message for f in found.findings] == ([] if kind == "rectangle" else [outline])


def test_folders_are_lists_difficult_shapes_ignored_and_lines_counted(picture, text, tmp_path):
    picture("mine/train/a.jpg"), picture("mine/imgs/b.jpg")
    line = shape("line", CORNERS)
    text("mine/train/a.json", file(shape(), line, line, shape("circle", [[1, 1]])))
    text("mine/val/b.json", file(shape(difficult=True), picture="..\\imgs\\b.jpg"))
    text("mine/settings.json", "{}")

    found = finished(labelme.read_labelme(tmp_path / "mine"))

    assert found.lists == {"train": ["train/train/a.jpg"], "val": ["val/imgs/b.jpg"]}
    assert [box.ignored for one in found.pictures.values() for box in one.boxes] == [False, True]
    assert [finding.message for finding in found.findings] == [
        "has no list 'shapes': not LabelMe's, left out",
        "a circle without proper points; left out",
        "shapes of type line, which hold no box, left out: 2",
    ]


def test_a_picture_outside_is_not_taken(picture, text, tmp_path):
    picture("secret.jpg")
    text("mine/a.json", file(shape(), picture="../secret.jpg"))

    with pytest.raises(
        DataError, match=r"secret\.jpg, outside .*mine, from where nothing is taken"
    ):
        finished(labelme.read_labelme(tmp_path / "mine"))
