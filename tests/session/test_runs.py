"""What trainings have left is found again, and how each of them ended."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from darkpy.detector import train
from darkpy.session.lock import is_held, locked
from darkpy.session.runs import Run, find_runs
from darkpy.session.session import Session
from darkpy.session.signals import Signals


def left(folder: Path) -> Run:
    (one,) = find_runs(folder)
    return one


def test_a_finished_training_is_told_whole(project):
    project.train()

    found = left(project.folder)
    assert (found.folder, found.name) == (project.folder / "backup", "tiny")
    assert (found.cfg, found.data) == (str(project.cfg), str(project.data))
    assert (found.iteration, found.max_batches, found.seed, found.parts) == (6, 6, 7, 1)
    assert (found.best, found.earlier, found.ended) == (None, False, "finished")
    assert found.began.endswith("+00:00")


@pytest.mark.usefixtures("finds_most")
def test_the_best_map_is_told_of_an_earlier_training_too(project):
    project.train("-map")
    project.train("-seed", 8)

    now, earlier = find_runs(project.folder)
    assert (now.earlier, now.best, now.seed) == (False, None, 8)
    assert (earlier.earlier, earlier.best, earlier.iteration) == (True, 0.875, 6)
    assert earlier.seed is None


def test_a_signal_a_limit_a_failure_and_the_parts_are_told(project, monkeypatch):
    heard, own = Signals(), Session._told

    def told(session, step):
        heard.stop = signal.SIGTERM
        return own(session, step)

    with monkeypatch.context() as patch:
        patch.setattr(train, "Handlers", lambda: heard)
        patch.setattr(Session, "_told", told)
        project.train()
    assert left(project.folder).ended == "stopped by SIGTERM"
    project.train("-resume", "-time_limit_sec", 0.001)
    found = left(project.folder)
    assert found.ended == "stopped by -time_limit_sec"
    assert (found.parts, found.iteration) == (2, 2)
    project.change_cfg("learning_rate=0.005", "learning_rate=1e6")
    project.change_cfg("max_batches=6", "max_batches=80")
    project.train("-resume")
    assert left(project.folder).ended.startswith("failed: the training does not recover")


def test_one_that_was_killed_and_one_that_runs_are_told_apart(project, monkeypatch):
    own = Session._told
    seen = []

    def told(session, step):
        seen.append(left(project.folder).ended)
        return own(session, step)

    monkeypatch.setattr(Session, "_told", told)
    project.train()
    assert set(seen) == {"is running"}

    # What a kill leaves: a lock file that nobody holds, and no word of an end.
    path = project.folder / "backup/tiny_run.json"
    told_of = json.loads(path.read_text())
    for name in ("ended", "how", "last_iteration"):
        del told_of["runs"][-1][name]
    path.write_text(json.dumps(told_of))
    (project.folder / "backup/tiny.lock").write_text("process 1")
    assert left(project.folder).ended == "without a word: killed, or the machine went down"


def test_a_lock_is_held_as_long_as_its_context_lasts(tmp_path):
    path = tmp_path / "net.lock"

    assert not is_held(path)
    with locked(path):
        assert is_held(path)
    assert not is_held(path)
    path.write_text("left behind")
    assert not is_held(path)


@pytest.mark.parametrize(
    "text", ["", "[", "[]", "7", '{"runs": 5}', '{"runs": [5]}', '{"runs": [{"seed": "x"}]}']
)
def test_files_that_are_damaged_are_told_as_far_as_they_go(tmp_path, text):
    (tmp_path / "net_run.json").write_text(text)
    (tmp_path / "net_train.csv").write_text("nothing")
    (tmp_path / "net_best.json").write_text(text)

    found = left(tmp_path)
    assert (found.name, found.cfg, found.iteration, found.best) == ("net", "", 0, None)


def test_no_torch_is_needed():
    code = "import sys, darkpy.session.runs; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
