"""`classifier train` beside the C program's, from the same weights on the same picture."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from darkpy.classifier.train import train_classifier
from darkpy.events import Trained
from tests.conftest import ROOT

ORACLE = ROOT / "tests/oracle/classifier_train"
HEADER_BYTES = 20


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for path in ORACLE.iterdir():
        shutil.copy(path, tmp_path)
    Path("train.txt").write_text("dog_1.png\n")
    Path("labels.txt").write_text("cat\ndog\nfish\n")
    Path("c.data").write_text(
        "classes=3\ntrain=train.txt\nvalid=train.txt\nlabels=labels.txt\nbackup=backup\n"
    )
    return tmp_path


def values(path: Path) -> np.ndarray:
    return np.frombuffer(path.read_bytes()[HEADER_BYTES:], np.float32)


@pytest.mark.oracle
@pytest.mark.parametrize("name", ["plain", "smoothed"])
def test_six_iterations_are_the_c_programs(project, name):
    flags = {"nogpu": True, "threads": 0, "seed": 1, "clear": True}
    events = list(train_classifier("c.data", f"{name}.cfg", "init.weights", **flags))

    steps = [event.step for event in events if isinstance(event, Trained)]
    ours = values(project / f"backup/{name}_final.weights")
    theirs, before = values(ORACLE / f"{name}.weights"), values(ORACLE / "init.weights")
    assert abs(ours - theirs).max() < 1e-6
    assert abs(theirs - before).max() > 0.1
    printed = json.loads((ORACLE / "printed.json").read_text())[name]
    assert [step.rate for step in steps] == pytest.approx([row["rate"] for row in printed])
    losses, given = [step.loss for step in steps], [row["loss"] for row in printed]
    if name == "plain":
        assert losses == pytest.approx(given, abs=2e-6)
        averages = [row["average"] for row in printed]
        assert [step.average for step in steps] == pytest.approx(averages, abs=2e-6)
    else:  # the C program adds the logarithms of all classes, unweighted
        assert all(loss < other / 3 for loss, other in zip(losses, given, strict=True))
