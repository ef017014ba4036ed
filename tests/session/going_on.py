"""What a training of every family of detectors has to do: to go on, and on two devices."""

from __future__ import annotations

import shutil

import pytest

from tests.session.by_heart import rows
from tests.session.test_session import stop


def goes_on_with_the_same_bytes(project, monkeypatch):
    """A training that was stopped after iteration 3 ends with the weights of one that was not."""
    project.train("-map")
    straight = project.final.read_bytes()
    shutil.rmtree(project.folder / "backup")

    assert stop(monkeypatch, project, 3, "-map")[0] == 130
    status, out, _ = project.train("-map", "-resume")

    assert status == 0
    assert "training goes on at iteration 3" in out
    assert project.final.read_bytes() == straight


def two_devices_train_as_one(project, monkeypatch):
    """Two processes log the losses of one, iteration by iteration."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    project.train()
    alone = rows(project)

    status, out, err = project.train("-gpus", "cpu,cpu")

    assert status == 0, err
    assert "2 devices train together" in out
    for row, expected in zip(rows(project), alone, strict=True):
        for name in ("loss", "class", "box", "iou", "objects"):
            wanted = pytest.approx(float(expected[name]), rel=1e-4, abs=1e-6)
            assert float(row[name]) == wanted, name
