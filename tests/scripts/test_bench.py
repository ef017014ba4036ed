"""The benchmarks run; what they measure is for people to look at."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys

import pytest

from scripts.measuring import evaluators
from tests.conftest import ROOT
from tests.detector.conftest import project  # noqa: F401 - a fixture

pytestmark = pytest.mark.slow


def test_the_training_bench_compares_the_loop_with_ready_made_batches(project):  # noqa: F811
    words = ["train", "--data", project.data, "--cfg", project.cfg, "--iterations", "1"]
    run = subprocess.run(
        [sys.executable, ROOT / "scripts/bench", *words, "--against-synthetic"],
        capture_output=True,
        text=True,
        cwd=project.folder,
    )

    assert run.returncode == 0, run.stderr
    starts = [line.split("  ")[0] for line in run.stdout.splitlines()]
    assert starts == ["real loop", "synthetic steps", "real/synthetic", "peak memory"]


def test_the_evaluators_agree_on_made_up_pictures():
    pictures = evaluators.made_up(pictures=6, detections=10, classes=3)
    ap, seconds = evaluators.darkpy_ap(pictures, 3)

    assert 0 < ap < 1
    assert seconds > 0
    for tool in evaluators.TOOLS:
        with contextlib.suppress(ImportError):
            assert evaluators.coco_ap(tool, pictures, 3)[0] == pytest.approx(ap, abs=1e-9)


def test_the_inference_bench_times_darkpy_beside_what_else_is_installed(tmp_path):
    words = ["infer", "--nets", "tabletop-tiny", "--size", "64", "--counts", "2", "--rounds", "2"]
    run = subprocess.run(
        [sys.executable, ROOT / "scripts/bench", *words, "--json", tmp_path / "rows.json"],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )

    assert run.returncode == 0, run.stderr
    rows = {row["program"]: row for row in json.loads((tmp_path / "rows.json").read_text())}
    assert {"darkpy", "darkpy, layer by layer"} <= set(rows)
    assert rows["darkpy"]["wall_of_darkpys"] == 1
    for row in rows.values():
        low, high = row["wall_ms_spread"]
        assert 0 < low <= row["wall_ms"] <= high
