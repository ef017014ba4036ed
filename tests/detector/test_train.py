"""`detector train` from end to end on a project of eight small pictures."""

from __future__ import annotations

import csv
import math
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import darkpy
from darkpy.events import Trained
from darkpy.model.weights import read_header
from darkpy.session.session import Session
from tests.conftest import ROOT


def rows(project) -> list[dict[str, str]]:
    with open(project.folder / "backup/tiny_train.csv") as file:
        return list(csv.DictReader(file))


@pytest.mark.draws
@pytest.mark.usefixtures("finds_most")
def test_a_training_leaves_weights_history_and_chart(project):
    status, _, _ = project.train("-map")

    assert status == 0
    left = {path.name for path in (project.folder / "backup").iterdir()}
    expected = {"tiny_final.weights", "tiny_last.weights", "tiny_best.weights", "tiny_best.json"}
    expected |= {"tiny_last.state", "tiny_run.json"}
    assert expected | {"tiny_train.csv"} == left
    assert [row["iteration"] for row in rows(project)] == ["1", "2", "3", "4", "5", "6"]
    assert (project.folder / "chart.png").read_bytes().startswith(b"\x89PNG")
    assert (project.folder / "chart_tiny.png").exists()
    # 6 iterations of 4 pictures.
    assert read_header(project.final).seen == 24


def test_the_map_is_measured_at_the_last_iteration(project):
    _, out, _ = project.train("-map")

    assert "iteration 6: mAP@0.50" in out
    assert rows(project)[-1]["map50"]
    assert not rows(project)[0]["map50"]


def test_the_same_seed_gives_the_same_weights_whatever_the_threads(project):
    project.train()
    alone = project.final.read_bytes()
    project.train("-clear", "-threads", 3)

    assert project.final.read_bytes() == alone


def test_pictures_augmented_on_the_device_train_alike(project):
    project.change_cfg("hue=.02", "hue=.02\nmosaic=1\nblur=3\ngaussian_noise=5")
    project.train()
    painted = [float(row["loss"]) for row in rows(project)]

    status, _, _ = project.train("-clear", "-augment", "device", "-threads", 2)

    # The same draws, truths and first weights, and pixels within two grey levels; what the
    # rounding does to the weights then adds up.
    assert status == 0
    losses = [float(row["loss"]) for row in rows(project)]
    assert losses[0] == pytest.approx(painted[0], rel=0.005)
    assert losses == pytest.approx(painted, rel=0.1)


def test_another_seed_gives_other_weights(project):
    project.train()
    first = project.final.read_bytes()
    project.train("-clear", "-seed", 8)

    assert project.final.read_bytes() != first


def test_the_seed_that_is_drawn_and_printed_gives_the_same_training_again(project):
    words = ("detector", "train", project.data, project.cfg, "-nogpu", "-dont_show")
    _, out, _ = project.run(*words, "-threads", 0)
    (drawn,) = re.findall(r"\bseed (\d+)", out)
    first = project.final.read_bytes()

    project.train("-clear", "-seed", drawn)
    again = project.final.read_bytes()
    _, out, _ = project.run(*words, "-threads", 0, "-clear")

    assert again == first
    assert re.findall(r"\bseed (\d+)", out) != [drawn]


@pytest.mark.slow
def test_a_signal_ends_a_training_after_its_iteration_and_the_same_command_goes_on(project):
    project.change_cfg("max_batches=6", "max_batches=1000000")
    words = ("-nogpu", "-dont_show", "-threads", "0", "-seed", "7")
    command = ("detector", "train", str(project.data), str(project.cfg), *words)
    training = subprocess.Popen(
        [sys.executable, "-m", "darkpy", *command],
        cwd=project.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        while not (project.folder / "backup/tiny_train.csv").exists() or len(rows(project)) < 3:
            assert training.poll() is None, training.communicate()[0]
            time.sleep(0.05)
        training.send_signal(signal.SIGTERM)
        out, _ = training.communicate(timeout=60)
    finally:
        training.kill()

    assert training.returncode == 128 + signal.SIGTERM
    (stopped,) = map(int, re.findall(r"stopped after iteration (\d+)", out))
    assert len(rows(project)) == stopped
    last = project.folder / "backup/tiny_last.weights"
    assert read_header(last).seen == 4 * stopped

    _, out, _ = project.train(last, "-time_limit_sec", 0.001)
    assert f"training goes on at iteration {stopped}" in out
    assert f"stopped after iteration {stopped + 1}" in out


def test_weights_beyond_max_batches_are_pretrained_ones(project):
    project.train()
    _, out, _ = project.train(project.final)

    assert "taken as pretrained weights" in out
    assert rows(project)[0]["iteration"] == "1"


def test_all_but_the_last_layers_of_nothing_are_not_frozen_without_a_word(project):
    project.change_cfg("burn_in=2", "burn_in=2\nfreeze=all-but-last")

    status, out, _ = project.train()
    _, again, _ = project.train(project.final, "-clear")

    assert status == 0
    assert "frozen layers: " in out
    warning = "warning: freeze=all-but-last without weights to start from keeps random layers"
    assert warning in out
    assert warning not in again


def test_the_backup_folder_is_made(project):
    project.data.write_text(project.data.read_text().replace("backup=backup", "backup=new/deep"))
    status, _, _ = project.train()

    assert status == 0
    assert (project.folder / "new/deep/tiny_final.weights").exists()


def test_a_time_limit_ends_the_training_and_keeps_the_weights(project):
    project.change_cfg("max_batches=6", "max_batches=100000")
    status, out, _ = project.train("-time_limit_sec", 0.5)

    assert status == 0
    assert "stopped after iteration" in out
    assert (project.folder / "backup/tiny_last.weights").exists()


def test_show_imgs_writes_a_sheet_and_needs_no_training(project):
    status, _, _ = project.train("-show_imgs", "-time_limit_sec", 0)

    assert status == 0
    assert (project.folder / "augmentations.jpg").stat().st_size > 1000
    assert (project.folder / "aug_16.jpg").exists()
    assert not project.final.exists()


@pytest.mark.parametrize("augment", ["cpu", "device"])
def test_broken_pictures_and_edited_labels_neither_stop_nor_poison_a_training(
    project, monkeypatch, augment
):
    images = project.folder / "images"
    (images / "0.png").write_bytes(b"no picture")
    real = Session.run

    def spoiled(session, signals):
        # After the lists were read: a picture vanishes, a label becomes nonsense.
        (images / "3.png").unlink()
        (images / "5.txt").write_text("17 nan 5 no label")
        yield from real(session, signals)

    monkeypatch.setattr(Session, "run", spoiled)
    project.change_cfg("max_batches=6", "max_batches=12")

    status, out, _ = project.train("-augment", augment)

    assert status == 0
    for name, reason in (("0.png", "cannot be decoded"), ("3.png", "cannot be read")):
        told = [line for line in out.splitlines() if name in line]
        assert len(told) == 1
        assert told[0].startswith("left out, another one takes its place")
        assert reason in told[0]
    assert "2 pictures were left out; bad.list names them" in out
    listed = (project.folder / "bad.list").read_text().splitlines()
    assert sorted(Path(line).name for line in listed) == ["0.png", "3.png"]
    assert all(math.isfinite(float(row["loss"])) for row in rows(project))


@pytest.mark.draws
def test_a_working_folder_that_takes_no_files_does_not_keep_a_training_from_running(project):
    (project.folder / "images/3.txt").unlink()
    (project.folder / "bad_label.list").mkdir()
    (project.folder / "bad.list").mkdir()
    (project.folder / "charts").mkdir()

    status, out, _ = project.train("-chart", "charts/mine.png")

    assert status == 0
    assert "bad.list cannot be written: Is a directory" in out
    drawn = {path.name for path in project.folder.rglob("*.png")}
    assert {"mine.png", "chart_tiny.png"} <= drawn
    assert not list(project.folder.glob("*.png"))


def test_every_cache_gives_the_same_training(project):
    project.train("-cache", "off")
    without = project.final.read_bytes()

    for mode in ("ram", "disk", "disk"):
        project.train("-clear", "-cache", mode)
        assert project.final.read_bytes() == without

    kept = (project.folder / "backup/cache").iterdir()
    assert {path.name for path in kept} == {"train_3.pictures", "train_3.index"}


def test_a_cache_that_does_not_exist_is_refused(project):
    status, _, err = project.train("-cache", "tape")

    assert status == 2
    assert "-cache tape is not one of auto, ram, disk, off" in err


def test_random_sizes_and_mosaic_train(project):
    project.change_cfg("jitter=.1", "jitter=.1\nrandom=1")
    project.change_cfg("hue=.02", "hue=.02\nmosaic=1")
    status, _, _ = project.train()

    assert status == 0


@pytest.mark.parametrize("policy", ["policy=constant", "policy=sgdr"])
def test_other_policies_train(project, policy):
    project.change_cfg("policy=steps\nsteps=4\nscales=.1", policy)
    status, _, _ = project.train()

    assert status == 0


@pytest.mark.slow
def test_the_loss_falls_to_a_tenth_on_eight_pictures(project):
    project.change_cfg("max_batches=6", "max_batches=150")
    project.change_cfg("steps=4", "steps=140")
    project.train("-map")

    losses = [float(row["loss"]) for row in rows(project)]
    assert sum(losses[-10:]) / 10 < losses[0] / 10


def test_from_python_a_training_yields_a_record_an_iteration(project):
    records = list(darkpy.train_detector(str(project.data), str(project.cfg), seed=1))

    iterations = [record.iteration for record in records if isinstance(record, Trained)]
    assert iterations == [1, 2, 3, 4, 5, 6]
