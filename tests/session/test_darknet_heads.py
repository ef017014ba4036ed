"""-log darknet: the heads' lines, one a mini-batch, in the forms of the C program."""

from __future__ import annotations

import re

import pytest

from darkpy.planning.network import read_network
from darkpy.session.darknet_heads import HEAD_LINES, HeadNumbers
from darkpy.training.record import Step
from tests.session.test_darknet_log import ORACLE, forms

REGION = """[region]
anchors=1.5,1.5, 3,1.2
bias_match=1
classes=2
coords=4
num=2
softmax=1
jitter=.1
"""


DETECTION = """[connected]
output=48
activation=linear

[detection]
classes=2
coords=4
side=2
num=2
sqrt=1
jitter=.1
"""


def as_detection(project) -> None:
    text = project.cfg.read_text()
    project.cfg.write_text(text[: text.index("[yolo]")] + DETECTION)


def as_region(project) -> None:
    text = project.cfg.read_text()
    project.cfg.write_text(text[: text.index("[yolo]")] + REGION)


def as_gaussian(project) -> None:
    project.change_cfg("filters=14", "filters=22")
    project.change_cfg("[yolo]", "[Gaussian_yolo]")


def test_yolo_s_line_comes_with_every_mini_batch_and_the_boxes_are_counted_on(project):
    status, _, err = project.train("-log", "darknet")
    assert status == 0, err

    lines = [line for line in err.split("\n") if line.startswith(("v3 (", " total_bbox"))]
    # six iterations of two mini-batches of two pictures with an object each
    assert [line[:4] for line in lines] == ["v3 (", " tot"] * 12
    counts = [int(re.search(r"count: (\d+)", line)[1]) for line in lines[::2]]
    totals = [int(re.search(r"total_bbox = (\d+)", line)[1]) for line in lines[1::2]]
    assert totals == [sum(counts[: n + 1]) for n in range(12)]
    assert max(counts) <= 2


def test_region_s_lines_stand_on_standard_output_before_their_iteration(project):
    as_region(project)
    status, out, err = project.train("-log", "darknet")
    assert status == 0, err

    darknet = (ORACLE / "region_stdout.txt").read_bytes().decode()
    assert {line for line in forms(out) if "Region" in line} <= forms(darknet)
    told = [line.split(" ")[0] for line in out.split("\n") if line.startswith(("Loaded", "Region"))]
    assert told == ["Loaded:", "Region", "Region"] * 6
    assert "total_bbox" not in err  # the C program counts [yolo]'s boxes alone
    assert "Region" not in err


def test_gaussian_s_lines_stand_on_standard_error(project):
    as_gaussian(project)
    status, out, err = project.train("-log", "darknet")
    assert status == 0, err

    darknet = (ORACLE / "gaussian_stderr.txt").read_bytes().decode()
    ours = [line for line in err.split("\n") if line.startswith("Region")]
    assert forms("\n".join(ours)) <= forms(darknet)
    assert len(ours) == 12
    assert "Avg IOU" not in out
    for line in ours:
        classes, box, sizes, total = (float(n) for n in re.findall(r"loss = (-?\d+\.\d+)", line))
        assert total == pytest.approx(classes + box + sizes, abs=0.02)


def numbers(project, **values: float) -> HeadNumbers:
    """Of one of two mini-batches of four pictures, 64 x 64 px, a grid of 8 x 8, two anchors."""
    step = Step(1, 1.0, 1.0, 0.1, pictures=4, size_hw=(64, 64), wait=0.0, compute=0.0)
    return HeadNumbers(read_network(project.cfg), 4, step, 2, values)


def test_region_s_numbers_are_means_of_their_own_kinds(project):
    as_region(project)
    known = {"count": 2, "iou": 1.0, "recall50": 1, "own_objectness": 0.5, "own_classes": 0.9}
    # 2 pictures of 2 * 8 * 8 boxes: 256 of them
    it = numbers(project, **known, told_classes=3, all_objectness=64.0)

    text, error = HEAD_LINES["region"](it)
    assert not error
    assert text == (
        "Region Avg IOU: 0.500000, Class: 0.300000, Obj: 0.250000, No Obj: 0.250000, "
        "Avg Recall: 0.500000,  count: 2\n"
    )


def test_without_an_object_it_is_the_c_program_s_minus_nan(project):
    as_region(project)
    known = dict.fromkeys(("count", "iou", "recall50", "own_objectness", "own_classes"), 0)
    text, _ = HEAD_LINES["region"](numbers(project, **known, told_classes=0, all_objectness=128.0))

    assert forms(text) <= forms((ORACLE / "region_stdout.txt").read_bytes().decode())
    assert text.startswith("Region Avg IOU: -nan, Class: -nan, Obj: -nan, No Obj: 0.500000, Avg")


def test_gaussian_s_losses_are_a_picture_and_width_and_height_are_its_uncertainty(project):
    as_gaussian(project)
    known = {"count": 1, "iou": 0.6, "recall50": 1, "recall75": 0, "told_classes": 1}
    sure = {"own_objectness": 0.5, "own_classes": 0.25, "all_objectness": 64.0}
    losses = {"box": 3.0, "sizes": 1.0, "objectness": 4.0, "classes": 0.5}
    text, error = HEAD_LINES["Gaussian_yolo"](numbers(project, **known, **sure, **losses))

    assert error
    # two pictures: (4 + .5) / 2, (3 - 1) / 2, 1 / 2, 7.5 / 2
    assert text == (
        "Region 4 Avg IOU: 0.600000, Class: 0.250000, Obj: 0.500000, No Obj: 0.250000, "
        ".5R: 1.000000, .75R: 0.000000,  count: 1, class_loss = 2.25, iou_loss = 1.00, "
        "uc_loss = 0.50, total_loss = 3.75 \n"
    )


def test_detection_s_line_stands_on_standard_output_for_each_mini_batch(project):
    as_detection(project)
    status, out, err = project.train("-log", "darknet")
    assert status == 0, err

    ours = [line for line in out.split("\n") if line.startswith("Detection Avg")]
    darknet = (ORACLE / "detection_stdout.txt").read_bytes().decode()
    assert len(ours) == 12
    assert forms("\n".join(ours)) <= forms(darknet)
    # each of the pictures has one object, which is its cell's
    assert [line.endswith(", count: 2") for line in ours].count(True) >= 10


def test_detection_s_numbers_are_means_over_its_cells_and_boxes(project):
    as_detection(project)
    plan = read_network(project.cfg)
    step = Step(1, 1.0, 1.0, 0.1, pictures=4, size_hw=(64, 64), wait=0.0, compute=0.0)
    known = {"count": 2, "iou": 1.0, "own_classes": 1.5, "all_classes": 2.0}
    known |= {"own_objectness": 0.5, "all_objectness": 4.0}

    text, error = HEAD_LINES["detection"](HeadNumbers(plan, len(plan.layers) - 1, step, 2, known))

    assert not error
    # 2 objects of 2 classes; 2 pictures of 2 * 2 cells with 2 boxes each: 16
    assert text == (
        "Detection Avg IOU: 0.500000, Pos Cat: 0.750000, All Cat: 0.500000, Pos Obj: 0.250000, "
        "Any Obj: 0.250000, count: 2\n"
    )


def test_contrastive_s_share_of_right_ones_is_whole_per_cent(project):
    known = {"alike": 2, "compared": 3, "classes": 0.5}
    text, error = HEAD_LINES["contrastive"](numbers(project, **known))

    assert not error
    assert text == (  # 2 of 3 are 66.67 %, of which the C program keeps 66
        " Contrast accuracy = 66.000000 %, all = 3, good = 2, same = 3, diff = 3 \n"
        " contrastive loss = 0.500000 \n\n"
    )


def test_contrastive_s_lines_without_tracks_are_the_c_program_s(project):
    text, _ = HEAD_LINES["contrastive"](numbers(project, alike=0, compared=0, classes=0.0))

    assert text == (ORACLE / "contrastive_stdout.txt").read_bytes().decode()
