"""The short form of `scripts/torture resume`."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT


@pytest.mark.slow
def test_a_training_that_is_killed_three_times_ends_with_the_same_weights():
    words = ("resume", "3", "--seed", "1", "--iterations", "20", "--keys", "adam=1 ema_alpha=.9")
    run = subprocess.run(
        [sys.executable, ROOT / "scripts/torture", *words],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "MPLBACKEND": "Agg"},
    )

    assert run.returncode == 0, run.stdout + run.stderr
    assert "3 attempts" in run.stdout
    assert "the last weights are the same as without a kill" in run.stdout
