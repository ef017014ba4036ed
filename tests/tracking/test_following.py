"""Detections in, numbered detections out; and what a network says about looks."""

from __future__ import annotations

import pytest
import torch

from darkpy.cfg.reader import parse_cfg
from darkpy.flags.detector import TestFlags
from darkpy.inference.detector import Detections, Detector
from darkpy.inference.looks import Looks
from darkpy.model.network import Network
from darkpy.planning.network import plan_network
from darkpy.tracking.following import Follower, follower_for, track_keys
from darkpy.tracking.tracker import TrackKeys

CFG = """[net]
width=64
height=32
channels=3
[convolutional]
filters=6
size=1
stride=16
activation=linear
[convolutional]
filters=14
size=1
activation=linear
[yolo]
mask=0,1
anchors=8,8, 20,20
num=2
classes=2
track_history_size=9
embedding_layer=-2
"""


@pytest.fixture
def detector():
    torch.manual_seed(2)
    return Detector(Network(plan_network(parse_cfg(CFG.splitlines(), "my.cfg"))), ())


def found(*rows):
    """(cx, probability of class 0, of class 1); boxes of side .25."""
    boxes = torch.tensor([[cx, 0.5, 0.25, 0.25] for cx, _, _ in rows]).reshape(-1, 4)
    probs = torch.tensor([[one, other] for _, one, other in rows]).reshape(-1, 2)
    return Detections(boxes, torch.ones(len(rows)), probs)


def test_the_keys_of_the_cfg_are_taken_and_heads_without_them_have_darknets(detector):
    assert track_keys(detector.options) == TrackKeys(track_history_size=9)
    assert track_keys(object()) == TrackKeys()


def test_unlikely_boxes_are_shown_only_where_they_go_on_with_a_track():
    follow = Follower(TrackKeys(dets_for_track=0), 0.25)
    assert follow.low == pytest.approx(0.1)
    for _ in range(2):
        follow(found((0.25, 0.75, 0.0)))
    now = follow(found((0.25, 0.125, 0.0), (0.75, 0.125, 0.0)))

    assert now.boxes[:, 0].tolist() == [0.25]
    assert now.tracks.tolist() == [1]


def test_a_likely_box_keeps_its_likely_classes_alone():
    follow = Follower(TrackKeys(dets_for_show=0), 0.25)

    assert follow(found((0.5, 0.75, 0.5))).probs.tolist() == [[0.75, 0.5]]
    assert follow(found((0.5, 0.75, 0.125))).probs.tolist() == [[0.75, 0]]


def test_a_frame_without_objects_is_a_frame():
    follow = Follower(TrackKeys(dets_for_track=0), 0.25)
    for rows in ([(0.5, 0.75, 0.0)], [(0.5, 0.75, 0.0)], [], [(0.5, 0.75, 0.0)]):
        now = follow(found(*rows))

    assert now.tracks.tolist() == [1]


def test_looks_are_the_channels_of_the_anchor_at_the_cell(detector):
    # A grid of 4 x 2 cells and 2 anchors: candidate 13 is anchor 1, row 1, column 1. Six channels
    # are three for each anchor.
    looks = Looks(detector.network)
    pixels = torch.rand(1, 3, 32, 64)
    first = detector.network.outputs(pixels)[0][0]
    own = looks.of(torch.tensor([13, 2]))

    expected = torch.stack((first[3:, 1, 1], first[:3, 0, 2]))
    assert torch.allclose(own, expected / expected.norm(dim=1, keepdim=True), atol=1e-6)


def test_a_network_with_embeddings_is_followed_by_looks_too(detector):
    torch.manual_seed(3)
    pixels = (torch.rand(32, 64, 3) * 255).byte().numpy()
    follow = follower_for(TestFlags(track=True), detector, 0.2)
    for _ in range(3):
        (now,) = detector.detect([pixels], thresh=follow.low)
        now = follow(now)

    assert follow._tracker._looks.shape[1] == 3
    assert len(set(now.tracks.tolist())) == len(now.tracks) > 0
    assert follower_for(TestFlags(), detector, 0.2) is None


def test_detections_know_which_candidates_they_are(detector):
    pixels = (torch.rand(32, 64, 3) * 255).byte().numpy()
    (now,) = detector.detect([pixels], thresh=0.0, nms=0)
    with torch.inference_mode():
        from_all = detector.network.candidates(
            torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255
        )

    assert sorted(now.candidates.tolist()) == list(range(16))
    assert torch.allclose(from_all.boxes[0, now.candidates], now.boxes, atol=1e-6)
    assert not Looks(
        Network(
            plan_network(parse_cfg(CFG.replace("embedding_layer=-2\n", "").splitlines(), "my.cfg"))
        )
    )
