"""Classifiers with recurrent layers: frames of films in order, in training and after it."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
import torch

from darkpy.cfg.data import read_data
from darkpy.data.classes import read_class_list
from darkpy.data.pictures import read_picture
from darkpy.inference.classifier import Classifier
from darkpy.model.network import Network
from darkpy.model.weights import load_weights
from darkpy.session.answers import answers
from darkpy.session.class_training import ClassifierTraining

CRNN = "[crnn]\noutput=6\nhidden=6\nsize=1\nactivation=leaky\n\n[connected]\noutput=3"


@pytest.fixture
def remembering(coloured):
    """The tiny project with a memory, which is trained on three frames at a time."""
    keys = "batch=4\nsubdivisions=2\ntime_steps=3\ntrack=1\naugment_speed=1"
    coloured.change("batch=6\nsubdivisions=2", keys)
    coloured.change("[connected]\noutput=3", CRNN)
    return coloured


def frames_seen(project, monkeypatch) -> list[list[list[int]]]:
    """Numbers of the pictures in each mini-batch of four iterations, while it trains."""
    seen: list[list[list[int]]] = []
    own = ClassifierTraining.loader

    def loader(task, *given):
        for _, parts in own(task, *given):
            seen.append([part.indices.tolist() for part in parts])
            if len(seen) == 4:
                break
        return own(task, *given)

    monkeypatch.setattr(ClassifierTraining, "loader", loader)
    status, out, _ = project.train()
    assert status == 0
    assert "batch 4 in 2, each 3 frames long" in out
    return seen


def test_a_training_is_shown_frames_in_order(remembering, monkeypatch):
    for parts in frames_seen(remembering, monkeypatch):
        for first, second in ([part[0::2], part[1::2]] for part in parts):
            # Two sequences side by side, three frames long; after the last of twelve the first.
            for run in (first, second):
                assert [(b - a) % 12 for a, b in pairwise(run)] == [1, 1]


def test_a_sequence_goes_on_in_the_next_mini_batch(remembering, monkeypatch):
    remembering.change("speed=1", "speed=2\nsequential_subdivisions=1")
    steps = set()
    for parts in frames_seen(remembering, monkeypatch):
        for lane in (0, 1):
            run = [number for part in parts for number in part[lane::2]]
            gaps = {(b - a) % 12 for a, b in pairwise(run)}
            assert len(gaps) == 1
            steps |= gaps
    assert steps == {1, 2}  # each sequence takes every frame, or every second


def test_a_picture_is_known_by_those_before(remembering):
    remembering.train("-topk")
    weights = "backup/c_final.weights"

    _, out, _ = remembering.run("classifier", "predict", "c.data", "c.cfg", weights, "valid.txt")
    told = [dict(re.findall(r"^(\w+): (\S+)$", part, re.M)) for part in out.split("Predicted")[1:]]

    network = Network.from_cfg("c.cfg")
    load_weights(network, weights)
    classifier = Classifier(network)
    paths = (remembering.folder / "valid.txt").read_text().split()
    pictures = [read_picture(path, 3) for path in paths]
    one_by_one = torch.cat([classifier.classify([picture]) for picture in pictures])
    network.reset_state()
    together = classifier.classify(pictures)
    assert torch.equal(one_by_one, together)
    alone = []
    for picture in pictures:
        network.reset_state()
        alone.append(classifier.classify([picture])[0])
    alike = [torch.equal(*pair) for pair in zip(alone, together, strict=True)]
    assert alike == [True] + [False] * 5  # the first picture has none before it
    for shown, row in zip(told, together, strict=True):
        assert all(
            float(shown[name]) == pytest.approx(float(row[number]), abs=1e-6)
            for number, name in enumerate(("red", "green", "blue"))
            if name in shown
        )


def test_each_measurement_begins_with_nothing(remembering):
    remembering.train()
    network = Network.from_cfg("c.cfg")
    load_weights(network, "backup/c_final.weights")
    classifier = Classifier(network)
    data = read_data("c.data")
    listed = read_class_list(data.file("valid"), data, ("red", "green", "blue"))

    first, second = ([probs for _, probs in answers(classifier, listed)] for _ in range(2))

    assert len(first) == 6
    assert all(map(torch.equal, first, second))
