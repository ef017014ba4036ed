"""What `detector test` prints and writes, against the C program's text."""

from __future__ import annotations

import json

import pytest
import torch

from darkpy.detector.outputs import (
    JsonFile,
    json_record,
    label_text,
    lines,
    predicted_line,
    save_labels,
)
from darkpy.errors import OutputError
from darkpy.inference.detector import Detections

NAMES = ("cat", "dog", "dont_show", "cow")


def detections(boxes, probs):
    probs = torch.tensor(probs, dtype=torch.float32).reshape(len(boxes), len(probs[0]))
    boxes = torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4)
    return Detections(boxes, torch.ones(len(boxes)), probs)


def from_json(objects, classes):
    """The detections that a JSON of the C program lists, a row each."""
    boxes = [list(one["relative_coordinates"].values()) for one in objects]
    probs = torch.zeros(len(objects), classes)
    for row, one in enumerate(objects):
        probs[row, one["class_id"]] = one["confidence"]
    return detections(boxes, probs.tolist())


@pytest.mark.oracle
def test_json_is_byte_for_byte_the_c_programs(shared, tmp_path):
    golden = shared / "golden" / "map" / "three.json"
    path = tmp_path / "out.json"

    with JsonFile(path) as file:
        for frame in json.loads(golden.read_text()):
            found = from_json(frame["objects"], 3)
            file.add(frame["filename"], found, ("RBC", "WBC", "Platelets"))

    assert path.read_bytes() == golden.read_bytes()


def test_lines_go_from_left_to_right_and_name_the_best_class_first():
    # Left edges .4 - .1 = .3 and .35 - .15 = .2; 12.5 and 62.5 % round to the even number.
    found = detections(
        [[0.4, 0.5, 0.2, 0.2], [0.35, 0.5, 0.3, 0.2]],
        [[0.125, 0.0, 0.9, 0.0], [0.3, 0.625, 0.0, 0.75]],
    )

    assert lines(found, NAMES, 0.1, size_hw=(100, 200)) == [
        "cow: 75%",
        "cat: 30%",
        "dog: 62%",
        "cat: 12%",
    ]


def test_extended_lines_end_with_the_box_in_pixels():
    found = detections([[0.25, 0.5, 0.5625, 1.25]], [[0.99, 0, 0, 0]])

    # 640 x 480: left (.25 - .28125) * 640 = -20, top (.5 - .625) * 480 = -60, 360 wide, 600 high
    assert lines(found, NAMES, 0.25, size_hw=(480, 640), ext_output=True) == [
        "cat: 99%\t(left_x:  -20   top_y:  -60   width:  360   height:  600)"
    ]


def test_half_pixels_are_rounded_away_from_zero():
    found = detections([[0.5, 0.25, 0.25, 0.75]], [[0.5, 0, 0, 0]])

    # 20 x 20: left .375 * 20 = 7.5, top -.125 * 20 = -2.5, 5 wide, 15 high
    (line,) = lines(found, NAMES, 0.25, size_hw=(20, 20), ext_output=True)
    assert line == "cat: 50%\t(left_x:    8   top_y:   -3   width:    5   height:   15)"


def test_nothing_found_gives_no_line_and_an_empty_list_of_objects():
    empty = Detections(torch.zeros(0, 4), torch.zeros(0), torch.zeros(0, 4))

    assert lines(empty, NAMES, 0.25, size_hw=(10, 10)) == []
    assert json.loads(json_record(1, "a.jpg", empty, NAMES))["objects"] == []
    assert label_text(empty, 0.25) == ""


def test_the_line_of_a_picture_has_milliseconds():
    assert predicted_line("a/b.jpg", 0.0123456789) == (
        "a/b.jpg: Predicted in 12.345679 milli-seconds."
    )


def test_json_survives_quotes_backslashes_and_foreign_letters():
    found = detections([[0.5, 0.5, 0.5, 0.5]], [[0.5, 0.25]])

    record = json.loads(json_record(7, 'C:\\a "b"\n.jpg', found, ('猫 "x"', "\\")))

    assert record["frame_id"] == 7
    assert record["filename"] == 'C:\\a "b"\n.jpg'
    assert [one["name"] for one in record["objects"]] == ['猫 "x"', "\\"]
    assert record["objects"][1]["confidence"] == 0.25


def test_json_is_whole_before_and_after_every_picture(tmp_path):
    path = tmp_path / "out.json"
    found = detections([[0.5, 0.5, 0.5, 0.5]], [[0.5]])

    with JsonFile(path) as file:
        for count in range(1, 4):
            file.add("\udce4.jpg", found, ["cat"])  # a name that is not UTF-8
            assert [one["frame_id"] for one in json.loads(path.read_text())] == [1, 2, 3][:count]


def test_json_without_pictures_is_an_empty_list(tmp_path):
    with JsonFile(tmp_path / "out.json"):
        pass

    assert (tmp_path / "out.json").read_bytes() == b"[\n\n]"


def test_json_that_cannot_be_written_is_the_users_to_mend(tmp_path):
    with pytest.raises(OutputError, match=r"absent/out\.json cannot be written: No such file"):
        JsonFile(tmp_path / "absent" / "out.json")


def test_a_label_row_has_the_best_class_and_four_digits():
    found = detections(
        [[0.123456, 0.5, 0.25, 1], [0.5, 0.5, 0.5, 0.5]], [[0.3, 0.6, 0, 0], [0.2, 0, 0, 0]]
    )

    assert label_text(found, 0.25) == "1 0.1235 0.5000 0.2500 1.0000\n"


def test_labels_are_saved_beside_the_picture_once(tmp_path):
    picture = str(tmp_path / "a.jpg")
    found = detections([[0.5, 0.5, 0.25, 0.25]], [[0.9]])

    assert save_labels(picture, found, 0.25) == f"{tmp_path / 'a.txt'}: saved"
    assert (tmp_path / "a.txt").read_text() == "0 0.5000 0.5000 0.2500 0.2500\n"
    assert save_labels(picture, found, 0.25).endswith(": unchanged")


def test_labels_of_the_user_are_never_overwritten(tmp_path):
    (tmp_path / "a.txt").write_text("1 .1 .1 .1 .1\n")
    found = detections([[0.5, 0.5, 0.25, 0.25]], [[0.9]])

    message = save_labels(str(tmp_path / "a.jpg"), found, 0.25)

    assert "not written, other labels are there" in message
    assert (tmp_path / "a.txt").read_text() == "1 .1 .1 .1 .1\n"


def test_labels_go_where_darknet_looks_for_them(tmp_path):
    (tmp_path / "JPEGImages").mkdir()
    picture = str(tmp_path / "JPEGImages" / "a.jpg")
    found = detections([[0.5, 0.5, 0.25, 0.25]], [[0.9]])

    with pytest.raises(OutputError, match=r"labels/a\.txt cannot be written"):
        save_labels(picture, found, 0.25)
    (tmp_path / "labels").mkdir()
    save_labels(picture, found, 0.25)
    assert (tmp_path / "labels" / "a.txt").exists()
