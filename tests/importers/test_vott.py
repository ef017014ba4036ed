"""VoTT's JSON."""

from __future__ import annotations

import json

import pytest

from darkpy.errors import DataError
from darkpy.importers import vott
from tests.finished import finished

FRAME = {"left": 10, "top": 5, "width": 20, "height": 20}


def region(kind="RECTANGLE", tags=("cat",), **more) -> dict:
    return {"id": "r", "type": kind, "tags": list(tags), "boundingBox": FRAME, **more}


def asset(*regions: dict, name="a.jpg", state=2) -> dict:
    about = {"name": name, "path": f"file:/old/{name}", "state": state}
    return {"asset": {**about, "size": {"width": 100, "height": 50}}, "regions": list(regions)}


def test_an_export_keeps_the_order_of_its_tags(picture, text, bring, tmp_path):
    picture("mine/a 1.jpg")
    tags = [{"name": "dog"}, {"name": "cat"}]
    points = [{"x": 10, "y": 5}, {"x": 30, "y": 5}, {"x": 20, "y": 25}]
    regions = region(), region("POLYGON", ["dog"], boundingBox=None, points=points), region(tags=[])
    assets = {"x": asset(*regions, name="a%201.jpg"), "y": asset(state=0, name="b.jpg")}
    text("mine/mine-export.json", json.dumps({"tags": tags, "assets": assets}))

    lines = bring("vott", "mine")

    assert (tmp_path / "out/out.names").read_text() == "dog\ncat\n"
    row = "0.20000000 0.30000000 0.20000000 0.40000000"
    assert (tmp_path / "out/images/a 1.txt").read_text() == f"1 {row}\n0 {row}\n"
    assert [line.partition(": note: ")[2] for line in lines[:3]] == [
        "outlines, of which the box around them is used: 1",
        "regions without a tag, left out: 1",
        "assets that nobody looked at, left out: 1",
    ]


def test_assets_of_a_project_are_files(picture, text, tmp_path):
    for name in "ab":
        picture(f"mine/{name}.jpg")
        text(f"mine/{name}-asset.json", json.dumps(asset(region(), name=f"{name}.jpg")))

    found = finished(vott.read_vott(tmp_path / "mine"))

    assert found.lists == {"train": ["train/a.jpg", "train/b.jpg"]}
    assert found.names == ("cat",)


def test_another_json_is_refused(text, tmp_path):
    text("mine/a.json", "[]")

    with pytest.raises(
        DataError, match="has neither 'assets' nor 'asset' with 'regions': not VoTT's"
    ):
        finished(vott.read_vott(tmp_path / "mine"))
