"""Trainings in several processes: the same numbers, one state, one end."""

from __future__ import annotations

import csv
import os
import shutil
import signal
from pathlib import Path

import pytest

from darkpy.machine.crew import Crew
from darkpy.session.session import Session
from tests.session.test_session import at_iteration, stop

TWO = ("-gpus", "cpu,cpu")
pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    """The processes that are started compute in one thread, as this one does."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


def rows(project) -> list[dict[str, str]]:
    with open(project.folder / "backup/tiny_train.csv") as file:
        return list(csv.DictReader(file))


def numbers(row: dict[str, str]) -> list[float]:
    return [float(value or 0) for name, value in row.items() if name != "seconds"]


def test_two_processes_train_as_one_and_go_on_from_their_state(project, monkeypatch):
    project.train("-map")
    alone = rows(project)

    status, out, err = project.train("-map", *TWO)

    assert status == 0, err
    assert "2 devices train together: each takes 1 of the 2 mini-batches" in out
    for row, expected in zip(rows(project), alone, strict=True):
        assert numbers(row) == pytest.approx(numbers(expected), rel=1e-4, abs=1e-6)
        assert float(row["loss"]) == pytest.approx(float(expected["loss"]), rel=1e-5)
    unbroken = project.final.read_bytes()

    assert stop(monkeypatch, project, 3, "-map", *TWO)[0] == 130
    kept = project.folder / "kept"
    shutil.copytree(project.folder / "backup", kept)
    status, out, _ = project.train("-map", "-resume", *TWO)
    assert status == 0
    assert "training goes on at iteration 3" in out
    assert project.final.read_bytes() == unbroken

    shutil.rmtree(project.folder / "backup")
    kept.rename(project.folder / "backup")
    status, out, _ = project.train("-map", "-resume")
    assert status == 0
    assert "momentum, averages and chance go on as they were" in out
    for row, expected in zip(rows(project), alone, strict=True):
        assert numbers(row) == pytest.approx(numbers(expected), rel=1e-4, abs=1e-6)


def children() -> list[int]:
    """Processes that this one has started and that still run."""
    text = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text()
    return [int(number) for number in text.split()]


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="finds processes in /proc")
def test_a_process_that_dies_ends_the_training_with_its_reason_and_a_good_state(
    project, monkeypatch
):
    before = set(children())

    def kill(session: Session, _) -> None:
        (child,) = set(children()) - before
        os.kill(child, signal.SIGKILL)

    with monkeypatch.context() as patch:
        at_iteration(patch, 3, kill)
        status, out, _ = project.train(*TWO)

    assert status == 1
    assert "after iteration 3: process 1 of this training ended by SIGKILL" in out
    assert "-resume goes on from what was saved last" in out
    assert set(children()) == before
    status, out, _ = project.train("-resume")
    assert status == 0
    assert "training goes on at iteration 3" in out


def test_a_process_that_cannot_begin_says_why(project, monkeypatch):
    own = Crew._environment
    monkeypatch.setattr(Crew, "_environment", lambda *of: {**own(*of), "RANK": "9"})

    status, _, err = project.train(*TWO)

    assert status == 1
    assert "process 1 of this training ended with exit status 2: RANK=9 in the environment" in err


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("-gpus", "cpu,cpu,cpu"), "batch=4 is no multiple of 3"),
        (("-gpus", "0,x"), "'x' is neither the number of a GPU nor cpu"),
        (("-gpus", "0,cpu"), "GPUs and CPUs do not train together"),
        (("-gpus", "0,0"), "each GPU can be named once"),
    ],
)
def test_wrong_devices_are_one_sentence(project, flags, said):
    status, _, err = project.train(*flags)

    assert status == 2
    assert said in err
    assert len(err.splitlines()) == 1
    assert not (project.folder / "backup/tiny_last.weights").exists()


@pytest.mark.parametrize(
    ("net", "flags", "said"),
    [
        ("num_sigmas_reject_badlabels=3", (), "follows one mini-batch after the other"),
        ("time_steps=2\nsubdivisions=1", (), "subdivisions= has to be a multiple of 2"),
    ],
)
def test_what_several_devices_cannot_train_is_refused(project, net, flags, said):
    project.change_cfg("subdivisions=2", net)

    status, _, err = project.train(*TWO, *flags)

    assert status == 2
    assert said in err


def test_gpus_that_are_not_there_leave_the_training_to_one_cpu(project):
    status, out, _ = project.train("-gpus", "0,1")

    assert status == 0
    assert "-gpus 0,1: no GPU can be used here, one CPU trains; -gpus cpu,cpu trains in two" in out
    assert "-sync_bn" not in out


def test_a_world_of_one_as_torchrun_makes_it_is_one_device(project, monkeypatch):
    project.train()
    alone = project.final.read_bytes()
    facts = {"RANK": 0, "WORLD_SIZE": 1, "LOCAL_RANK": 0, "MASTER_ADDR": "localhost"}
    for name, value in {**facts, "MASTER_PORT": 1}.items():
        monkeypatch.setenv(name, str(value))

    status, out, _ = project.train("-clear", "-sync_bn")

    assert status == 0
    assert "-sync_bn has no effect on one device" in out
    assert project.final.read_bytes() == alone
