"""CreateML's JSON."""

from __future__ import annotations

import json

import pytest

from darkpy.errors import DataError
from darkpy.importers import createml
from darkpy.importers.sniffing import format_of
from tests.finished import finished


def thing(label="cat", x=20, y=15, width=20, height=20) -> dict:
    return {"label": label, "coordinates": {"x": x, "y": y, "width": width, "height": height}}


def file(*things: dict, picture="a.jpg") -> str:
    return json.dumps([{"image": picture, "annotations": list(things)}])


def test_boxes_are_centre_and_sides_in_px(picture, text, tmp_path):
    picture("mine/a.jpg")
    text("mine/a.json", file(thing(), thing(x="?"), thing("")))

    found = finished(createml.read_createml(tmp_path / "mine"))

    (one,) = found.pictures.values()
    assert [box.name for box in one.boxes] == ["cat"]
    assert one.boxes[0].cxcywh == pytest.approx((0.2, 0.3, 0.2, 0.4))
    assert [finding.message for finding in found.findings] == [
        "'cat' without proper numbers; left out",
        "an object without a name; left out",
    ]


def test_roboflows_folders_are_lists(picture, text, tmp_path):
    for part in ("train", "valid"):
        picture(f"mine/{part}/{part}.jpg")
        text(f"mine/{part}/_annotations.createml.json", file(thing(), picture=f"{part}.jpg"))

    found = finished(createml.read_createml(tmp_path / "mine"))

    assert found.lists == {"train": ["train/train.jpg"], "valid": ["valid/valid.jpg"]}
    assert format_of(tmp_path / "mine") == "createml"


def test_another_json_is_refused(text, tmp_path):
    text("mine/a.json", "{}")

    with pytest.raises(DataError, match="is no list of 'image' with 'annotations'"):
        finished(createml.read_createml(tmp_path / "mine"))
