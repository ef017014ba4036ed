"""A mini-batch that is shared out among threads: the same boxes, in the same order."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch

from darkpy.inference import lanes as subject
from darkpy.inference.detector import Detector
from darkpy.inference.lanes import Lanes
from darkpy.model.network import Network

CFG = """[net]
width=32
height=32
channels=3
[convolutional]
filters=21
size=3
stride=4
pad=1
activation=linear
[yolo]
mask=0,1,2
anchors=4,4, 8,8, 16,16
classes=2
[route]
layers=0
[yolo]
mask=0,1,2
anchors=6,6, 9,9, 20,20
classes=2
"""
MEMORY = "[crnn]\noutput=4\nhidden=4\nsize=3\npad=1\nactivation=leaky\n"


@pytest.fixture
def network(tmp_path):
    return made(tmp_path, CFG)


def made(folder, text: str) -> Network:
    torch.manual_seed(3)
    cfg = folder / "two.cfg"
    cfg.write_text(text)
    return Network.from_cfg(cfg).eval()


@pytest.mark.parametrize("pictures", [2, 3, 8, 9])
@pytest.mark.parametrize("most", [1, 3, 100])
def test_the_boxes_are_those_of_one_pass(two_threads, monkeypatch, network, pictures, most):
    monkeypatch.setattr(subject, "_BYTES", most * subject.memory(network.plan).inference)
    images = torch.rand(pictures, 3, 32, 32)
    with torch.inference_mode():
        whole = network.offered(images, 0.5)
    parts = Lanes(network).run(images, lambda part, first: (first, network.offered(part, 0.5)))

    assert 0 < len(whole.picture) < pictures * whole.count
    assert torch.cat([part.picture + first for first, part in parts]).equal(whole.picture)
    for name in ("number", "boxes", "objectness", "probs"):
        joined = torch.cat([getattr(part, name) for _, part in parts])
        torch.testing.assert_close(joined, getattr(whole, name))


def test_each_thread_gets_its_pictures_and_as_many_parts_as_the_others(
    two_threads, monkeypatch, network
):
    # Three fit at once: of nine in two lanes, each takes two parts, of three or two.
    monkeypatch.setattr(subject, "_BYTES", 3 * subject.memory(network.plan).inference)
    seen = Lanes(network).run(
        torch.rand(9, 3, 32, 32),
        lambda part, first: (first, len(part), threading.current_thread().name),
    )

    assert [(first, size) for first, size, _ in seen] == [(0, 3), (3, 2), (5, 2), (7, 2)]
    assert all(name.startswith("lone") for *_, name in seen)


def test_few_pictures_and_one_thread_want_one_lane_and_a_memory_none(
    two_threads, network, tmp_path
):
    one, eight = torch.rand(1, 3, 32, 32), torch.rand(8, 3, 32, 32)

    assert Lanes(network).count(one) == 1
    assert Lanes(network).count(eight) == 2
    head = CFG.index("[convolutional]")
    remembering = CFG[:head] + MEMORY + CFG[head:].replace("layers=0", "layers=1")
    assert Lanes(made(tmp_path, remembering)).count(eight) == 0
    torch.set_num_threads(1)
    assert Lanes(network).count(eight) == 1


def test_what_a_lane_cannot_do_is_raised(two_threads, network):
    def failing(*_):
        raise ValueError("no room")

    with pytest.raises(ValueError, match="no room"):
        Lanes(network).run(torch.rand(4, 3, 32, 32), failing)


def test_a_detector_finds_the_same_in_one_lane_and_in_two(two_threads, network):
    pictures = np.random.default_rng(1).integers(0, 256, (6, 40, 50, 3), dtype=np.uint8)
    detector = Detector(network, ())
    two = detector.detect(list(pictures), thresh=0.5)
    torch.set_num_threads(1)
    one = detector.detect(list(pictures), thresh=0.5)

    for ours, theirs in zip(two, one, strict=True):
        assert len(ours.boxes)
        torch.testing.assert_close(ours.boxes, theirs.boxes)
        torch.testing.assert_close(ours.probs, theirs.probs)
