"""scripts/device_check without a GPU: every part runs at a tiny size and leaves its rows."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT


def check(tmp_path, *words: object, **how) -> tuple[subprocess.CompletedProcess, dict]:
    out = tmp_path / "report.json"
    command = [sys.executable, ROOT / "scripts/device_check", "--tiny", "--out", out, *words]
    run = subprocess.run([*map(str, command)], capture_output=True, text=True, cwd=tmp_path, **how)
    return run, json.loads(out.read_text())


@pytest.mark.slow
def test_every_part_runs_on_a_cpu_and_says_what_it_found(tmp_path):
    run, report = check(tmp_path, "--here")

    assert run.returncode == 0, run.stdout + run.stderr
    assert report["machine"]["gpu"] == "none"
    assert {name[0] for name in report["parts"]} == set("abcdefgh")
    for found in report["parts"].values():
        assert found["failed"] == ""
        assert found["rows"]
        for row in found["rows"]:
            assert row["good"] is not False
            assert not isinstance(row["value"], float) or math.isfinite(row["value"])
            assert row["line"] in run.stdout


def test_a_part_that_fails_stops_no_other_and_its_traceback_is_kept(tmp_path):
    # In processes of their own, as on a GPU.
    (tmp_path / "platform.py").write_text("raise OSError('a broken machine')")
    path = {**os.environ, "PYTHONPATH": str(tmp_path)}
    run, report = check(tmp_path, "--only", "e1,d", env=path)

    assert run.returncode == 1
    assert list(report["parts"]) == ["d", "e1"]
    assert all("a broken machine" in found["failed"] for found in report["parts"].values())


def test_a_part_that_is_not_known_is_named(tmp_path):
    command = [sys.executable, str(ROOT / "scripts/device_check"), "--only", "a,z"]
    run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)

    assert run.returncode == 1
    assert "--only z: the parts are a, b, c" in run.stderr
