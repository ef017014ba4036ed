"""The short form of `scripts/torture resume`."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT


@pytest.mark.slow
def test_trainings_that_are_killed_leave_what_they_leave_without_a_kill():
    words = ("resume", "4", "--seed", "1", "--iterations", "12", "--kinds", "all,plain")
    run = subprocess.run(
        [sys.executable, ROOT / "scripts/torture", *words],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "MPLBACKEND": "Agg"},
    )

    assert run.returncode == 0, run.stdout + run.stderr
    assert "4 attempts of 2 kinds" in run.stdout
    assert "all left what they leave without a kill" in run.stdout
