"""Charts are drawn whatever the environment says of windows."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize("backend", ["nonsense", "agg", ""])
def test_a_backend_that_does_not_exist_keeps_no_chart_from_being_drawn(backend):
    code = (
        "import os, darkpy.view.charts.training, matplotlib\n"
        "print(repr(os.environ['MPLBACKEND']), matplotlib.rcParams._get_backend_or_none())"
    )
    environment = {**os.environ, "MPLBACKEND": backend}
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=120
    )

    assert out.returncode == 0, out.stderr
    kept = "agg" if backend == "agg" else None
    assert out.stdout.split() == [repr(backend), str(kept)]
