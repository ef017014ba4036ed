"""The JSON of DarkHelp: what stands where, with the arithmetic of its boxes."""

from __future__ import annotations

import json

import pytest
import torch

from darkpy.detector.darkhelp import DarkHelpFile, Origin
from darkpy.flags.detector import TestFlags
from darkpy.inference.detector import Detections

ORIGIN = Origin("cars.cfg", "cars.weights", "cars.names")
NAMES = ("car", "truck")


def written(path, boxes, probs, thresh=0.25):
    found = Detections(torch.tensor(boxes), torch.ones(len(boxes)), torch.tensor(probs))
    with DarkHelpFile(path, ORIGIN, TestFlags(thresh=thresh)) as file:
        file.add("a/street.jpg", found, NAMES, (200, 400), 0.0296)
    return json.loads(path.read_text())


def test_a_picture_says_its_objects_the_least_likely_first(tmp_path):
    """.5 * 400 = 200 wide, .25 * 200 = 50 high; from 200 - 100 = 100 and 100 - 25 = 75."""
    boxes = [[0.5, 0.5, 0.5, 0.25], [0.25, 0.5, 0.1, 0.1]]

    found = written(tmp_path / "out.json", boxes, [[0.5, 0.94], [0.3, 0.1]])

    (picture,) = found["file"]
    assert picture["count"] == 2
    assert picture["duration"] == "30 milliseconds"
    assert (picture["original_width"], picture["original_height"]) == (400, 200)
    assert picture["type"] == "image/jpeg"
    assert [one["name"] for one in picture["prediction"]] == ["car 30%", "truck 94%, car 50%"]
    last = picture["prediction"][1]
    assert last["rect"] == {"x": 100, "y": 75, "width": 200, "height": 50}
    assert last["original_point"] == {"x": 0.5, "y": 0.5}
    assert last["original_size"] == {"width": 0.5, "height": 0.25}
    assert [one["class"] for one in last["all_probabilities"]] == [0, 1]
    assert (last["best_class"], last["prediction_index"]) == (1, 1)
    assert last["best_probability"] == pytest.approx(0.94)


def test_what_lies_outside_of_the_picture_is_cut_off(tmp_path):
    """From -.1 to .3 becomes 0 to .3: 120 px wide from 0, its middle at .15."""
    found = written(tmp_path / "out.json", [[0.1, 0.5, 0.4, 1.5]], [[0.9, 0.0]])

    (one,) = found["file"][0]["prediction"]
    assert one["rect"] == {"x": 0, "y": 0, "width": 120, "height": 200}
    assert one["original_point"]["x"] == pytest.approx(0.15)


def test_network_and_settings_stand_behind_the_pictures_and_lost_ones_say_why(tmp_path):
    path = tmp_path / "out.json"
    with DarkHelpFile(path, ORIGIN, TestFlags(thresh=0.5)) as file:
        assert json.loads(path.read_text())["file"] == []
        file.lost("b.jpg", "b.jpg: not a picture")

    found = json.loads(path.read_text())

    assert found["file"] == [{"error": "b.jpg: not a picture", "filename": "b.jpg"}]
    assert found["network"] == {
        "cfg": "cars.cfg",
        "names": "cars.names",
        "weights": "cars.weights",
    }
    assert found["settings"]["threshold"] == 0.5
