"""`detector train` with track=1: frames of videos in order, as [net] says."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from darkpy.detector.train import train
from darkpy.events import Trained
from darkpy.model.network import Network
from darkpy.model.weights import load_weights
from darkpy.session.detecting import DetectorTraining
from darkpy.session.task import Task
from tests.conftest import ROOT

RECURRENT = "[crnn]\noutput=8\nhidden=8\nsize=1\nactivation=leaky\n\n[convolutional]\nfilters=14"
KEYS = "batch=4\nsubdivisions=4\ntime_steps=3\ntrack=1\naugment_speed=1"


def test_frames_follow_one_another_through_the_mini_batches(project, monkeypatch):
    seen: list[list[list[int]]] = []
    own = DetectorTraining.loader

    def loader(task: Task, *given):
        made = own(task, *given)
        for _, parts in made:
            seen.append([part.indices.tolist() for part in parts])
            if len(seen) == 6:
                break
        return own(task, *given)

    monkeypatch.setattr(DetectorTraining, "loader", loader)
    project.change_cfg("batch=4\nsubdivisions=2", f"{KEYS}\nsequential_subdivisions=2")
    project.change_cfg("[convolutional]\nfilters=14", RECURRENT)

    status, out, _ = project.train("-map")

    assert status == 0
    assert "batch 4 in 4, each 3 frames long through 2 mini-batches, iterations 1 to 6" in out
    assert re.search(r"iteration 6: mAP@0\.50", out)
    for parts in seen:
        for first, second in (parts[:2], parts[2:]):
            run = [*first, *second]
            # Of eight pictures, and after the last comes the first.
            assert run == [(run[0] + step) % 8 for step in range(6)]
    assert len({parts[0][0] for parts in seen}) > 1
    # 4 sequences of 3 frames in each of 6 iterations
    rows = (project.folder / "backup/tiny_train.csv").read_text().splitlines()
    assert len(rows) == 7
    header = project.final.read_bytes()[12:20]
    assert int.from_bytes(header, "little") == 6 * 12


def test_it_goes_on_bit_for_bit_between_iterations(project):
    project.change_cfg("batch=4\nsubdivisions=2", f"{KEYS}\nsequential_subdivisions=1")
    lstm = RECURRENT.replace("[crnn]", "[conv_lstm]").replace("hidden=8\n", "")
    project.change_cfg("[convolutional]\nfilters=14", lstm)
    project.train()
    straight = project.final.read_bytes()

    project.change_cfg("max_batches=6", "max_batches=3")
    project.train("-clear")
    project.change_cfg("max_batches=3", "max_batches=6")
    project.train("-resume")

    assert project.final.read_bytes() == straight


@pytest.mark.oracle
def test_three_frames_through_a_crnn_change_the_weights_as_in_the_c_program(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for path in (ROOT / "tests/oracle/crnn_train").iterdir():
        shutil.copy(path, tmp_path)
    Path("train.txt").write_text("f.png\n")
    Path("n.names").write_text("a\nb\n")
    Path("o.data").write_text("classes=2\ntrain=train.txt\nnames=n.names\nbackup=backup\n")
    flags = {"nogpu": True, "threads": 0, "seed": 1, "clear": True}
    events = list(train("o.data", "crnn.cfg", "init.weights", **flags))

    losses = [event.step.loss for event in events if isinstance(event, Trained)]
    assert losses == pytest.approx([13.146152, 44.634632], rel=1e-6)
    nets = [Network.from_cfg("crnn.cfg") for _ in range(3)]
    files = "backup/crnn_final.weights", "after.weights", "init.weights"
    for net, file in zip(nets, files, strict=True):
        load_weights(net, file)
    for layers in zip(*(net.layers for net in nets), strict=True):
        values = zip(*(layer.weights_in_file_order() for layer in layers), strict=True)
        for ours, theirs, before in values:
            assert (ours - theirs).abs().max() < 1e-6
            assert (theirs - before).abs().max() > 0.05
