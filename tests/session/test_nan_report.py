"""A training that meets NaN goes on, says where it began, and leaves what can be known."""

from __future__ import annotations

import json
import math

import pytest

from darkpy.data.pictures import read_picture
from darkpy.layers.convolutional import Convolutional
from darkpy.model.network import Network
from darkpy.model.weights import load_weights
from darkpy.training.trainer import Trainer


@pytest.fixture
def poisoned(monkeypatch):
    """Doctors a layer: from its second mini-batch on it gives NaN for pictures that are `bad`."""

    def poison(layer: int, when, at: int = 1) -> None:
        own = Convolutional.forward
        calls = iter(range(10**6))

        def forward(self, x):
            output = own(self, x)
            if self.plan.index == layer and self.training and when(next(calls)):
                output = output.clone()
                output[at] = math.nan
            return output

        monkeypatch.setattr(Convolutional, "forward", forward)

    return poison


def report(project, iteration):
    folder = project.folder / "backup/nan_report" / f"iteration_{iteration}"
    return json.loads((folder / "report.json").read_text()), folder


def test_the_report_names_layer_picture_and_truths(project, poisoned):
    # Two mini-batches an iteration: call 5 is the second one of iteration 3. The replay makes
    # calls 6 and 7.
    poisoned(2, lambda call: call in (5, 7))
    project.change_cfg("[maxpool]", "[convolutional]\nfilters=16\nsize=1\n\n[maxpool]")

    status, out, _ = project.train()

    assert status == 0
    assert "iteration 3: not finite; its update was left out" in out
    facts, folder = report(project, 3)
    assert facts["step"]["iteration"] == 3
    assert "output of layer 2 [convolutional]" in facts["first"]
    assert "tiny.cfg:" in facts["first"]
    assert [look["bad"] > 0 for look in facts["outputs"]][:3] == [False, False, True]
    assert facts["outputs"][2]["pictures"] == [1]
    assert [picture["suspect"] for picture in facts["pictures"]] == [False, True]
    for picture in facts["pictures"]:
        assert read_picture(folder / picture["file"], 3).shape == (64, 64, 3)
        for row in picture["truths"]:
            assert len(row) == 5
    text = (folder / "report.txt").read_text()
    assert "NOT FINITE" in text
    assert "<- not finite" in text


def test_one_bad_iteration_does_no_lasting_harm(project, poisoned):
    poisoned(0, lambda call: call == 4)  # iteration 3, and not in the replay

    status, _, _ = project.train("-map")

    assert status == 0
    facts, _ = report(project, 3)
    assert facts["first"] == "a second look at the same pictures found nothing wrong"
    network = Network.from_cfg(project.cfg)
    load_weights(network, project.final)
    assert all(bool(tensor.isfinite().all()) for tensor in network.state_dict().values())


def test_a_replay_changes_nothing(project, poisoned, monkeypatch):
    poisoned(0, lambda call: call == 4)
    project.train()
    with_report = project.final.read_bytes()
    poisoned(0, lambda call: call == 4)
    monkeypatch.setattr("darkpy.session.nan_report.MOST", 0)
    project.train("-clear")

    assert project.final.read_bytes() == with_report


def test_trouble_without_end_goes_back_and_then_stops_with_a_reason(project, poisoned):
    project.change_cfg("max_batches=6", "max_batches=60")
    poisoned(1, lambda call: call >= 20)

    status, out, errors = project.train()

    assert status == 1
    assert "the weights of iteration 0 are back, from here on with 0.5 of the rate; " in out
    assert "the usual cures are a lower learning_rate= and a longer burn_in=" in out
    assert "does not recover" in errors
    reports = list((project.folder / "backup/nan_report").iterdir())
    assert len(reports) == 3  # the first troubles tell most
    assert not project.final.exists()


def test_a_rate_of_a_million_ends_with_a_reason_and_leaves_weights_that_load(project):
    project.data.write_text(project.data.read_text() + "savelast=1\nsaveweights=1\n")
    project.change_cfg("learning_rate=0.005", "learning_rate=1e6")
    project.change_cfg("max_batches=6", "max_batches=80")

    status, out, errors = project.train()

    assert status == 1
    assert "its update was left out" in out
    assert "does not recover" in errors
    assert "the training diverged" in out
    left = sorted((project.folder / "backup").glob("*.weights"))
    assert project.folder / "backup/tiny_last.weights" in left
    for path in left:
        network = Network.from_cfg(project.cfg)
        load_weights(network, path)
        assert all(bool(tensor.isfinite().all()) for tensor in network.state_dict().values())


def test_nothing_learnt_ends_with_where_what_and_a_cure_and_without_final_weights(
    project, poisoned
):
    poisoned(0, lambda call: call >= 2)  # all but iteration 1
    project.change_cfg("max_batches=6", "max_batches=4")
    line = project.cfg.read_text().split("\n").index("learning_rate=0.005") + 1

    status, out, errors = project.train()

    assert status == 1
    assert (
        f"tiny.cfg:{line}: nothing was learnt: 3 of 4 updates were left out because loss or "
        "gradients were not finite, and no other one led to numbers that are finite; "
        "backup/nan_report tells where it begins; the usual cures are a lower learning_rate= (it "
        "is 0.005, 0.001 is usual) and a longer burn_in= (it is 2); no final weights were written"
    ) in errors
    assert "next: " not in out
    assert not project.final.exists()
    run = json.loads((project.folder / "backup/tiny_run.json").read_text())["runs"][-1]
    assert run["how"].startswith("failed: ")
    assert "nothing was learnt" in run["how"]

    # The state knows it, too: nothing is left to do, and nothing was learnt by it.
    status, _, errors = project.train("-resume")
    assert status == 1
    assert "nothing was learnt: 3 of 4 updates" in errors
    assert not project.final.exists()


def test_how_many_were_left_out_is_said_once_more_at_the_end(project, poisoned):
    poisoned(0, lambda call: call in (4, 6))  # iteration 3, whose replay is call 6

    status, out, _ = project.train()

    assert status == 0
    said = "1 of 6 updates were left out because loss or gradients were not finite: see "
    assert f"{said}backup/nan_report\n" in out
    assert out.index(said) < out.index("_final.weights")
    assert project.final.is_file()


def test_where_the_loss_alone_is_not_finite_its_part_is_named(project, monkeypatch):
    own = Trainer._accumulate

    def spoilt(self, iteration, at, batch):
        numbers = own(self, iteration, at, batch).clone()
        if iteration == 3:
            numbers[:2] = math.nan  # the loss, and its first part: box
        return numbers

    monkeypatch.setattr(Trainer, "_accumulate", spoilt)

    _, out, _ = project.train()

    line = project.cfg.read_text().split("\n").index("[yolo]") + 1
    said = f"it begins with the loss of layer 4 [yolo] ({project.cfg}:{line}): box nan\n"
    assert said in out


def test_weights_that_are_not_finite_are_never_saved(project, monkeypatch):
    own = Convolutional.after_step

    def spoil(self):
        own(self)
        if self.plan.index == 0:
            self.conv.weight.data.fill_(math.nan)

    monkeypatch.setattr(Convolutional, "after_step", spoil)
    project.change_cfg("max_batches=6", "max_batches=3")
    status, out, _ = project.train()

    assert status == 1  # it wrote no final weights
    assert "goes on from there" not in out
    assert "not written, the weights hold NaN or infinity" in out
    assert not list((project.folder / "backup").glob("*.weights"))
    assert not list((project.folder / "backup").glob("*.state"))
    facts, _ = report(project, 2)
    assert "the weights of layer 0 [convolutional]" in facts["first"]
