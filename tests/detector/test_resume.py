"""A training that was stopped goes on as if it had not been; what lies beside the weights."""

from __future__ import annotations

import json
import os
import signal

import pytest

from darkpy.detector import train
from darkpy.model.weights import read_header
from darkpy.session.run_notes import whole
from darkpy.session.saving import Saver
from darkpy.session.session import Session
from darkpy.session.signals import Signals
from darkpy.training.checkpoint import state_path
from darkpy.training.trainer import Trainer
from darkpy.version import __version__


def stop_after(iteration: int, monkeypatch, project, *flags):
    """Train as if Ctrl-C was pressed in that iteration."""
    heard, own = Signals(), Session._told

    def told(session, step):
        heard.stop = signal.SIGINT if step.iteration >= iteration else 0
        return own(session, step)

    with monkeypatch.context() as patch:
        patch.setattr(train, "Handlers", lambda: heard)
        patch.setattr(Session, "_told", told)
        status, out, _ = project.train(*flags)
    assert status == 130
    assert f"stopped after iteration {iteration}" in out
    return project.folder / "backup/tiny_last.weights"


def test_a_device_that_runs_ahead_stops_where_it_says(project, monkeypatch):
    # Five iterations are done when the numbers of the third come over and Ctrl-C is seen.
    ahead = property(lambda self: 5, lambda self, _: None)
    monkeypatch.setattr(Trainer, "fetch_every", ahead, raising=False)
    project.change_cfg("max_batches=6", "max_batches=60")
    real = Session._told

    def press(session, step):
        if step.iteration == 3:
            os.kill(os.getpid(), signal.SIGINT)
        return real(session, step)

    monkeypatch.setattr(Session, "_told", press)
    status, out, _ = project.train()

    assert status == 130
    assert "stopped after iteration 5;" in out
    last = project.folder / "backup/tiny_last.weights"
    assert read_header(last).seen == 5 * 4
    rows = (project.folder / "backup/tiny_train.csv").read_text().splitlines()[1:]
    assert [int(row.split(",")[0]) for row in rows] == [1, 2, 3, 4, 5]
    _, out, _ = project.train(last, "-time_limit_sec", 0.01)
    assert "iterations 6 to 60" in out


def test_what_is_due_is_done_with_the_weights_of_its_iteration(project, monkeypatch):
    project.data.write_text(project.data.read_text() + "savelast=10\n")
    project.change_cfg("max_batches=6", "max_batches=12")
    ahead = property(lambda self: 7, lambda self, _: None)
    monkeypatch.setattr(Trainer, "fetch_every", ahead, raising=False)
    saved = []
    real = Saver.save_last

    def save_last(saver, trainer, numbers):
        saved.append(trainer.iteration)
        return real(saver, trainer, numbers)

    monkeypatch.setattr(Saver, "save_last", save_last)
    project.train()

    assert saved == [10, 12]  # after 7, 14 would have been the next end


@pytest.mark.slow
@pytest.mark.parametrize(
    "keys",
    [
        "",
        "adam=1\nema_alpha=.9",
        "[dropout]",
        "stopbackward=1",
        "freeze=all-but-last\nema_alpha=.9",
    ],
    ids=["sgd", "adam and ema", "dropout", "layers frozen untrained", "the last layer alone"],
)
def test_an_interrupted_training_equals_a_straight_one_bit_for_bit(project, monkeypatch, keys):
    if keys == "[dropout]":
        project.change_cfg("[maxpool]", "[dropout]\nprobability=.3\n\n[maxpool]")
    elif keys == "stopbackward=1":
        project.change_cfg("filters=8\n", f"filters=8\n{keys}\n")
    elif keys:
        project.change_cfg("burn_in=2", f"burn_in=2\n{keys}")
    project.train("-map")
    straight = project.final.read_bytes()
    averaged = project.folder / "backup/tiny_ema.weights"
    straight_average = averaged.read_bytes() if "ema" in keys else b""

    last = stop_after(4, monkeypatch, project, "-clear")
    _, out, _ = project.train(last, "-map")

    assert "momentum, averages and chance go on as they were" in out
    assert project.final.read_bytes() == straight
    if straight_average:
        assert averaged.read_bytes() == straight_average


def test_without_a_seed_the_stored_one_goes_on(project, monkeypatch):
    project.train()
    straight = project.final.read_bytes()
    last = stop_after(3, monkeypatch, project, "-clear")

    words = ("-dont_show", "-nogpu", "-threads", 0)
    project.run("detector", "train", project.data, project.cfg, last, *words)

    assert project.final.read_bytes() == straight


def test_a_state_of_other_weights_is_not_used(project, monkeypatch):
    last = stop_after(3, monkeypatch, project)
    raw = bytearray(last.read_bytes())
    raw[40:44] = b"\x00\x00\x80\x3f"  # one value of the first layer
    last.write_bytes(raw)

    status, out, _ = project.train(last)

    assert status == 0
    assert "is not of these weights" in out


def test_weights_without_a_state_train_on(project, monkeypatch):
    last = stop_after(3, monkeypatch, project)
    state_path(last).unlink()

    status, out, _ = project.train(last)

    assert status == 0
    assert "training goes on at iteration 3" in out


@pytest.mark.usefixtures("finds_most")
def test_a_run_and_its_best_weights_say_where_they_come_from(project, monkeypatch):
    last = stop_after(3, monkeypatch, project, "-map")
    project.train(last, "-map")

    backup = project.folder / "backup"
    runs = json.loads((backup / "tiny_run.json").read_text())["runs"]
    assert [run["first_iteration"] for run in runs] == [1, 4]
    assert [whole(runs, number)["seed"] for number in (0, 1)] == [7, 7]
    assert runs[1]["darkpy"] == __version__
    assert len(runs[1]["cfg_sha256"]) == 64
    assert whole(runs, 0)["flags"]["map"] is True
    best = json.loads((backup / "tiny_best.json").read_text())
    assert best["iteration"] == 6
    assert best["seed"] == 7
    assert best["cfg_sha256"] == whole(runs, 0)["cfg_sha256"]


def test_mixed_precision_can_be_tried_on_a_cpu(project):
    status, out, _ = project.train("-amp", "on")

    assert status == 0
    assert "mixed precision: bfloat16" in out
    assert project.final.exists()
