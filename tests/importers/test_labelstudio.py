"""Label Studio's JSON and JSON-MIN."""

from __future__ import annotations

import json

import pytest

from darkpy.errors import DataError
from darkpy.importers import labelstudio
from tests.finished import finished

SIZE = {"original_width": 100, "original_height": 50}


def region(kind="rectanglelabels", names=("cat",), **value) -> dict:
    value = value or {"x": 10, "y": 10, "width": 20, "height": 40}
    return {"type": kind, **SIZE, "value": {**value, kind: list(names)}}


def task(*regions: dict, image="/data/upload/1/3f2b1c9a-a.jpg", **more) -> dict:
    return {"data": {"image": image}, "annotations": [{"result": list(regions)}], **more}


@pytest.fixture
def only(picture, text, tmp_path):
    """The boxes of a task with one picture, and the remarks."""

    def make(*tasks: dict):
        picture("mine/images/a.jpg")
        text("mine/project-1.json", json.dumps(tasks))
        found = finished(labelstudio.read_labelstudio(tmp_path / "mine"))
        (one,) = found.pictures.values()
        return one.boxes, [finding.message for finding in found.findings]

    return make


@pytest.mark.parametrize(
    "address",
    [
        "/data/upload/1/3f2b1c9a-a.jpg",
        "/data/upload/a.jpg",
        "a.jpg",
        "/data/local-files/?d=x%20y/a.jpg",
        "s3://bucket/x/a.jpg",
        "http://localhost:8080/data/upload/1/a.jpg?key=1",
        "file:///home/me/a.jpg",
    ],
)
def test_a_picture_is_found_by_the_last_part_of_its_address(only, address):
    boxes, remarks = only(task(region(), image=address))

    # x 10 % to 30 %, y 10 % to 50 %
    assert boxes[0].name == "cat"
    assert boxes[0].cxcywh == pytest.approx((0.2, 0.3, 0.2, 0.4))
    assert remarks == []


def test_json_min_is_read(only):
    value = {**region()["value"], **SIZE}
    boxes, _ = only({"image": "/data/upload/1/a.jpg", "label": [value], "id": 3})

    assert boxes[0].cxcywh == pytest.approx((0.2, 0.3, 0.2, 0.4))


def test_outlines_and_turned_boxes_become_the_box_around_them(only):
    polygon = region("polygonlabels", points=[[10, 10], [30, 10], [20, 50]])
    ellipse = region("ellipselabels", x=20, y=30, radiusX=10, radiusY=20)
    # 40 x 10 px with its first corner at 50, 10 px, turned by 90 degrees clockwise about it:
    # x from 40 to 50 px, y from 10 to 50
    turned = region(x=50, y=20, width=40, height=20, rotation=90)

    boxes, remarks = only(task(polygon, ellipse, turned))

    assert boxes[0].cxcywh == pytest.approx((0.2, 0.3, 0.2, 0.4))
    assert boxes[1].cxcywh == pytest.approx((0.2, 0.3, 0.2, 0.4))
    assert boxes[2].cxcywh == pytest.approx((0.45, 0.6, 0.1, 0.8))
    assert remarks == ["outlines and turned boxes, of which the box around them is used: 3"]


def test_what_is_left_out_is_counted(only):
    point = region("keypointlabels", x=10, y=10, width=0.2)
    brush = region("brushlabels", format="rle", rle=[1, 2])
    several = task(region())
    several["annotations"] = [
        {"was_cancelled": True, "result": [region(names=["dog"])]},
        {"result": [region(), point, brush, region(x="a", y=1, width=1, height=1)]},
        {"result": [region(names=["bird"])]},
    ]

    boxes, remarks = only(several, {"data": {"text": "no picture"}}, 7)

    assert [box.name for box in boxes] == ["cat"]
    assert sorted(remarks) == [
        "a region of ['cat'] without numbers; left out",
        "entries that are no task, left out: 1",
        "regions that hold no box (brushlabels), left out: 1",
        "regions that hold no box (keypointlabels), left out: 1",
        "tasks with several annotations, of which the first is used: 1",
        "tasks without a picture, left out: 1",
    ]


def test_its_coco_export_is_sent_to_coco_which_finds_it(picture, text, tmp_path, bring):
    picture("mine/images/3f2b1c9a-a.jpg")
    table = {
        "images": [{"id": 0, "file_name": "images\\3f2b1c9a-a.jpg", "width": 100, "height": 50}],
        "annotations": [{"id": 0, "image_id": 0, "category_id": 0, "bbox": [10, 5, 20, 20]}],
        "categories": [{"id": 0, "name": "cat"}],
    }
    text("mine/result.json", json.dumps(table))

    with pytest.raises(DataError, match="this is COCO: `darkpy import coco`"):
        finished(labelstudio.read_labelstudio(tmp_path / "mine"))
    bring("coco", "mine")
    assert (tmp_path / "out/train.txt").read_text() == "images/3f2b1c9a-a.jpg\n"
