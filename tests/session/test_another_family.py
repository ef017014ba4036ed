"""A head of another family, known to this file alone: two inputs, ordinary autograd, own parts.

The first input are box offsets, the second class scores, both on one grid. A cell with the centre
of an object is asked for its box (smooth L1) and every cell for its classes (cross-entropy).
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch
from torch.nn import functional as F

from darkpy.cfg.options import key
from darkpy.heads.base import Candidates, DetectingHead, HeadLoss, Moment, Truths
from darkpy.layers.base import LAYERS
from darkpy.model.network import Network
from darkpy.sections.anchored import DetectingOptions
from darkpy.sections.base import SECTIONS, Place, Plan
from darkpy.training.history import read_history
from darkpy.view.charts.training import training_figure
from tests.detector.conftest import CFG

OLD_HEAD = CFG[CFG.index("[convolutional]\nfilters=14") :]
NEW_HEAD = """[convolutional]
filters=4
size=1
activation=linear

[route]
layers=-2

[convolutional]
filters=2
size=1
activation=linear

[pair]
offsets=3
classes=2
"""


@dataclass(frozen=True)
class PairOptions(DetectingOptions):
    """Keys of [pair]."""

    offsets: int = key(0, "the layer with the boxes")
    classes: int = key(1, "number of classes")

    def plan(self, place: Place) -> Plan:
        source = place.source("offsets", self.offsets)
        sources = (source, place.index - 1)
        inputs = (place.earlier[source].out, place.input)
        return place.plan(self, place.input, sources=sources, inputs=inputs, row="pair")


class Pair(DetectingHead):
    """(B, 4, H, W) and (B, K, H, W) -> (B, 4+K, H, W)."""

    def forward(self, offsets, scores):
        return torch.cat((offsets, scores), dim=1)

    def loss(self, inputs, output, truths, net_hw, moment):
        _, _, h, w = output.shape
        cell = (truths.boxes[..., :2] * torch.tensor([w, h])).long()
        picture = torch.arange(len(output))[:, None].expand_as(truths.valid)
        at = picture[truths.valid], cell[truths.valid][:, 1], cell[truths.valid][:, 0]
        loc = F.smooth_l1_loss(
            output[:, :4].movedim(1, -1)[at], truths.boxes[truths.valid], reduction="sum"
        )
        wanted = torch.zeros_like(output[:, 4:]).movedim(1, -1)
        wanted[(*at, truths.classes[truths.valid])] = 1
        conf = F.binary_cross_entropy_with_logits(
            output[:, 4:].movedim(1, -1), wanted, reduction="sum"
        )
        return HeadLoss(root=loc + conf, parts={"loc": loc, "conf": conf})

    def decode(self, output, net_hw):
        boxes = output[:, :4].flatten(2).movedim(1, 2)
        probs = output[:, 4:].sigmoid().flatten(2).movedim(1, 2)
        return Candidates(boxes, torch.ones_like(probs[..., 0]), probs)


@pytest.fixture
def pair(project, monkeypatch):
    """The tiny project with a [pair] in place of its [yolo], for as long as the test runs."""
    monkeypatch.setitem(SECTIONS._things, "pair", PairOptions)
    monkeypatch.setitem(LAYERS._things, "pair", Pair)
    project.change_cfg(OLD_HEAD, NEW_HEAD)
    project.change_cfg("max_batches=6", "max_batches=40")
    project.change_cfg("steps=4\n", "steps=39\n")
    return project


def test_it_is_trained_by_the_session_of_detector_train(pair):
    status, out, _ = pair.train("-map")

    assert status == 0, out
    curves = read_history(pair.folder / "backup/tiny_train.csv")
    assert curves.iterations.tolist() == list(range(1, 41))
    assert curves.losses[-8:].mean() < 0.5 * curves.losses[:8].mean()
    assert curves.parts["loc"] + curves.parts["conf"] == pytest.approx(curves.losses, rel=1e-5)
    header = (pair.folder / "backup/tiny_train.csv").read_text().splitlines()[0]
    assert header == "iteration,loss,avg_loss,rate,seconds,map50,loc,conf,AP square,AP bar"


@pytest.mark.draws
def test_the_chart_of_a_training_names_its_parts(pair):
    pair.train()

    curves = read_history(pair.folder / "backup/tiny_train.csv")
    figure = training_figure(curves, max_batches=40)
    (legend,) = [axes.get_legend() for axes in figure.axes if axes.get_legend()]

    assert [text.get_text() for text in legend.get_texts()] == ["loc", "conf"]
    assert (pair.folder / "chart_tiny.png").stat().st_size > 1000


def test_the_gradients_of_both_inputs_are_those_of_autograd(pair):
    network = Network.from_cfg(pair.cfg)
    head = network.layers[6]
    truths = Truths.from_rows(torch.tensor([[[0.6, 0.1, 0.25, 0.5, 1.0]]]), torch.tensor([1]))
    offsets = torch.zeros(1, 4, 2, 2, requires_grad=True)
    scores = torch.zeros(1, 2, 2, 2, requires_grad=True)

    _, loss = head.train_on([offsets, scores], truths, (16, 16), Moment())
    loss.root.backward()

    # The centre lies in column 1, row 0; smooth L1 pulls by the distance, cross-entropy by
    # logistic(0) - wanted.
    assert offsets.grad[0, :, 0, 1].tolist() == pytest.approx([-0.6, -0.1, -0.25, -0.5])
    assert offsets.grad[0, :, 1].abs().sum() == 0
    assert scores.grad[0, 1].tolist() == [[0.5, -0.5], [0.5, 0.5]]
    assert scores.grad[0, 0].tolist() == [[0.5, 0.5], [0.5, 0.5]]


def test_its_kind_is_known_to_this_file_alone():
    assert "pair" not in SECTIONS
    assert "pair" not in LAYERS
