"""(h) The whole test suite with the device visible, its folders side by side."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from scripts.device.asked import ROOT, Asked, Row

_LONG = ("detector", "scripts", "planning")
_SHOWN = 12  # names of failed tests in a row


def run(asked: Asked) -> Iterator[Row]:
    """A row a folder of tests."""
    if importlib.util.find_spec("pytest") is None:
        yield Row("test suite", "pytest is not installed here")
        return
    places = sorted(p for p in (ROOT / "tests").iterdir() if _holds_tests(p))
    # The longest ones first.
    places = [p for name in _LONG for p in places if p.name == name] + [
        p for p in places if p.name not in _LONG
    ]
    if asked.tiny:
        places = [ROOT / "tests/test_chance.py"]
    at_once = max(1, len(os.sched_getaffinity(0)))
    with ThreadPoolExecutor(at_once) as pool:
        yield from pool.map(partial(_folder, asked), places)


def _holds_tests(path) -> bool:
    if path.is_dir():
        return path.name != "oracle" and any(path.glob("test_*.py"))
    return path.name.startswith("test_") and path.suffix == ".py"


def _folder(asked: Asked, place) -> Row:
    name = str(place.relative_to(ROOT))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", name]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    try:
        run = subprocess.run(
            command,
            cwd=ROOT,
            capture_output=True,
            text=True,
            env=environment,
            timeout=None if asked.tiny else max(5.0, asked.left),
        )
    except subprocess.TimeoutExpired:
        return Row(name, "no time left")
    last = (run.stdout.strip().splitlines() or ["nothing"])[-1].strip("= ")
    failed = re.findall(r"(?m)^(?:FAILED|ERROR) (\S+)", run.stdout)
    note = " ".join(failed[:_SHOWN])
    return Row(name, last, good=run.returncode == 0, note=note)
