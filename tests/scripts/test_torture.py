"""The short forms of `scripts/torture resume`, `states` and `inputs`, in one process."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT

ALL = """
import sys
from pathlib import Path
sys.path[:0] = ["scripts", "."]
from mutations.inputs import torture_inputs
from mutations.killed import torture_resume
from mutations.states import torture_states
good = [
    torture_resume(4, 1, iterations=12, kinds=("all", "frozen")),
    torture_states(24, 1),
    torture_inputs(11, 1, Path(sys.argv[1])),
]
sys.exit(not all(good))
"""


@pytest.mark.slow
def test_killed_trainings_damaged_states_and_mutated_files_do_what_they_should(tmp_path):
    run = subprocess.run(
        [sys.executable, "-c", ALL, tmp_path],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", "MPLBACKEND": "Agg"},
    )

    assert run.returncode == 0, run.stdout + run.stderr
    assert "4 attempts of 2 kinds" in run.stdout
    assert "all left what they leave without a kill" in run.stdout
    assert "24 damaged states, 0 faults" in run.stdout
    assert "11 files, 30 commands, 0 faults" in run.stdout
    assert not list(tmp_path.iterdir())
