"""Pictures of a list go through the network together and come out in their order."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from darkpy.detector import together
from darkpy.detector.test import run
from darkpy.detector.together import opened
from darkpy.errors import DataError, PictureError
from darkpy.model.network import Network
from darkpy.model.weights import save_weights


@pytest.fixture
def pictures(tmp_path):
    """Paths of five pictures of 4x6 px; what is detected in number n is n."""
    for number in range(5):
        cv2.imwrite(str(tmp_path / f"{number}.png"), np.full((4, 6, 3), number, np.uint8))
    return [str(tmp_path / f"{number}.png") for number in range(5)]


class Finder:
    """Says the grey level of each picture, and remembers what came together."""

    def __init__(self) -> None:
        self.calls = []

    def __call__(self, pictures):
        levels = [int(picture[0, 0, 0]) for picture in pictures]
        self.calls.append(levels)
        return levels


def test_as_many_as_asked_for_are_looked_at_together_and_the_rest_at_the_end(pictures):
    find = Finder()

    found = list(opened(pictures, 3, find, 2))

    assert find.calls == [[0, 1], [2, 3], [4]]
    assert [one.found for one in found] == [0, 1, 2, 3, 4]
    assert [one.path for one in found] == pictures
    assert found[0].took == found[1].took > 0


def test_what_cannot_be_read_keeps_its_place(pictures, tmp_path):
    find = Finder()
    missing, typed = str(tmp_path / "none.png"), DataError("no such file: typed")
    paths = [missing, pictures[0], missing, pictures[1], typed, pictures[2], missing]

    found = list(opened(paths, 3, find, 2))

    assert find.calls == [[0, 1], [2]]
    assert [one.found for one in found] == [None, 0, None, 1, None, 2, None]
    assert [type(one.problem) for one in found[:3]] == [PictureError, type(None), PictureError]
    assert found[4].problem is found[4].path is typed


def test_one_at_a_time_is_answered_before_the_next_is_asked_for(pictures):
    asked = []

    def typed():
        for path in pictures[:2]:
            asked.append(path)
            yield path

    answers = opened(typed(), 3, Finder(), 1)

    assert next(answers).found == 0
    assert asked == pictures[:1]


def test_large_pictures_do_not_wait_for_many_others(pictures, monkeypatch):
    monkeypatch.setattr(together, "_MOST_BYTES", 2 * 4 * 6 * 3)
    find = Finder()

    list(opened(pictures, 3, find, 5))

    # the third is the first beyond the limit
    assert find.calls == [[0, 1, 2], [3, 4]]


def test_a_list_says_the_same_as_its_pictures_one_by_one(project, monkeypatch, tmp_path):
    torch.manual_seed(4)
    net = Network.from_cfg(project.cfg)
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_var.fill_(1)
    weights = str(tmp_path / "net.weights")
    save_weights(net, weights, seen=0)
    images = sorted(str(path) for path in Path(project.folder / "images").glob("*.png"))[:5]
    flags = {"thresh": 0.05, "dont_show": True, "ext_output": True, "dontdraw_bbox": True}
    sizes = []
    own = together._looked_at
    monkeypatch.setattr(
        together,
        "_looked_at",
        lambda waiting, find: sizes.append(len(waiting)) or own(waiting, find),
    )

    def said(words, **more):
        lines = run(project.data, project.cfg, weights, words, **flags, **more)
        return [str(line).split(" Predicted in")[0] for line in lines]

    at_once = said(images)
    assert sizes[0] == len(images) > 1
    one_by_one = [line for image in images for line in said([image])]
    assert at_once == one_by_one
    assert len(at_once) > len(images)  # something is found
    timed = said(images, benchmark=True)
    assert timed[:-1] == one_by_one
    assert sizes[-2:] == [1, 0]
