"""Why an mAP is 0: one paragraph, whose figures are worked out here by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from darkpy.cfg.data import read_data
from darkpy.data.dataset import read_dataset
from darkpy.inference.detector import Detections, Detector
from darkpy.metrics.accumulator import MapAccumulator
from darkpy.model.network import Network
from darkpy.session.diagnosis import Nothing, as_one_class
from tests.planning.scaled_cfgs import SSD

BOX = (0.5, 0.5, 0.2, 0.2)
FAR = (0.1, 0.1, 0.05, 0.05)


def measured(found, true, classes=2):
    """Of pictures with a detection (box, class, probability) and an object each."""
    accumulator = MapAccumulator(classes, iou_thresh=0.5, conf_thresh=0.25, points=0)
    for number, ((box, k, prob), (own, own_class)) in enumerate(zip(found, true, strict=True)):
        probs = torch.zeros(1, classes)
        probs[0, k] = prob
        accumulator.add(
            Detections(torch.tensor([box]), torch.tensor([prob]), probs),
            truth_boxes=np.array([own], np.float32),
            truth_classes=np.array([own_class]),
            picture_hw=(48, 64),
            name=f"{number}.png",
        )
    return accumulator.finished()


def test_right_boxes_of_other_classes_are_found_out():
    # Three objects of class 0 are found as class 1, one of class 1 as class 0.
    swapped = measured(
        [(BOX, 1, 0.9), (BOX, 1, 0.8), (BOX, 1, 0.7), (BOX, 0, 0.6)],
        [(BOX, 0), (BOX, 0), (BOX, 0), (BOX, 1)],
    )

    assert swapped.report().mean_average_precision == 0
    mean, pairs = as_one_class(swapped)
    assert mean == pytest.approx(1)
    assert pairs == {(1, 0): 3, (0, 1): 1}


def test_boxes_that_miss_are_no_matter_of_classes():
    assert as_one_class(measured([(FAR, 0, 0.9)], [(BOX, 0)]))[0] == 0


@pytest.fixture
def lists(project):
    """The data set of the tiny project."""
    data = read_data(project.data)
    return read_dataset(data.resolve(data.train), data, 2)


def words(project, lists, measurement, names=("square", "bar")) -> str:
    torch.manual_seed(1)
    network = Network.from_cfg(project.cfg)
    for layer in network.layers[:2]:
        layer.norm.running_var.fill_(1)  # as after some training
    detector = Detector(network, names)
    (said,) = Nothing(measurement, lists, lists, names).words(detector, letter_box=False)
    return said


def test_a_paragraph_says_what_there_is_and_what_is_found(project, lists):
    said = words(project, lists, measured([(FAR, 0, 0.004)], [(BOX, 0)]))

    assert said.startswith("why an mAP of 0? ")
    assert "train.txt has 8 objects in 8 of 8 pictures" in said
    assert "the most certain of 1 detections has 0.4%, which is usual in the beginning" in said
    assert "on 8 pictures of the training list it is 0.0% too: nothing is learnt yet" in said
    assert "without regard to classes" not in said


def test_swapped_classes_and_anchors_out_of_reach_have_their_words(project, lists):
    project.change_cfg("anchors=12,12, 24,24", "anchors=300,300, 400,400")
    said = words(project, lists, measured([(BOX, 1, 0.9)], [(BOX, 0)]))

    assert "without regard to classes it would be 100.0%" in said
    assert "square is most often taken for bar" in said
    assert "100% of the objects have sizes that no anchor is near" in said


def test_a_training_says_it_once_and_a_list_without_labels_before_it_begins(project):
    status, out, _ = project.train("-map")
    assert status == 0
    assert out.count("why an mAP of 0?") == 1

    (project.folder / "other").mkdir()
    picture = (project.folder / "images/1.png").read_bytes()
    (project.folder / "other/a.png").write_bytes(picture)
    (project.folder / "valid.txt").write_text("other/a.png\n")
    text = project.data.read_text().replace("valid=train.txt", "valid=valid.txt")
    project.data.write_text(text)
    status, out, _ = project.train("-map", "-clear")

    assert status == 0
    assert "valid.txt has no object to find, so that mAP stays 0: 1 picture, 1 without a" in out
    assert "why an mAP of 0?" not in out


@pytest.mark.parametrize(("sizes", "said"), [("20,24", False), ("100,120", True)])
def test_anchors_of_scales_that_reach_nothing_are_told(project, lists, tmp_path, sizes, said):
    # Objects of 14x19 and 26x13 px at 64x64; anchors of 100 px overlap them by a tenth at most.
    text = SSD.replace("sizes=10,20", f"sizes={sizes}").replace("sizes=20,40", f"sizes={sizes}")
    (tmp_path / "scales.cfg").write_text(text)
    network = Network.from_cfg(tmp_path / "scales.cfg")
    nothing = Nothing(measured([(FAR, 0, 0.9)], [(BOX, 0)]), lists, lists, ("square", "bar"))

    (told,) = nothing.words(Detector(network, ("square", "bar")), letter_box=False)

    assert ("of the objects have sizes that no anchor is near" in told) == said
