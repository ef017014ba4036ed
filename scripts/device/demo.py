"""(f) The demo's training as a user starts it, and the mAP of what came out."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from scripts.device.asked import ROOT, Asked, Row

_FOR_MAP = 25.0  # seconds at the end
_ENOUGH = 0.90  # mAP of 5000 iterations


def run(asked: Asked) -> Iterator[Row]:
    """Train the sample data set with its cfg, whole where the time is enough, and measure."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cfg = (ROOT / "cfg/tabletop-tiny.cfg").read_text()
        if asked.tiny:
            cfg = re.sub(r"(?m)^max_batches=.*", "max_batches=2", cfg)
            cfg = re.sub(r"(?m)^(width|height)=.*", r"\1=32", cfg)
        (folder / "demo.cfg").write_text(cfg)
        (folder / "backup").mkdir()
        data = ROOT / "data/tabletop/tabletop.data"
        began = time.monotonic()
        limit = 60.0 if asked.tiny else max(1.0, asked.left - _FOR_MAP)
        flags = ["-dont_show", "-seed", "1", "-time_limit_sec", f"{limit:.0f}"]
        said = _darkpy(asked, folder, "train", str(data), "demo.cfg", *flags)
        seconds = time.monotonic() - began
        last = folder / "backup/demo_last.weights"
        done = (
            int(re.findall(r"stopped after iteration (\d+)", said)[0]) if "stopped" in said else 0
        )
        whole = (folder / "backup/demo_final.weights").exists()
        note = said.splitlines()[2] if len(said.splitlines()) > 2 else ""
        words = "whole" if whole else f"{done} iterations"
        yield Row(f"training, {words}", seconds, "s", good=whole or None, note=note[:120])
        if asked.tiny:
            yield Row("mAP@0.50 on the valid list", "not measured after two iterations")
            return
        flags = ["-thresh", "0.25"]
        measured = _darkpy(asked, folder, "map", str(data), "demo.cfg", str(last), *flags)
        found = re.findall(r"\(mAP@0\.50\) = ([\d.]+)", measured)
        mean_ap = float(found[0]) if found else -1.0
        good = mean_ap >= _ENOUGH if whole else None
        yield Row("mAP@0.50 on the valid list", mean_ap, "", good=good)


def _darkpy(asked: Asked, folder: Path, verb: str, *words: str) -> str:
    """Run a command in the folder; gives what it printed. RuntimeError with its last words."""
    # The .data file's backup= is not to be written into.
    text = Path(words[0]).read_text().replace("backup = backup/", f"backup = {folder}/backup")
    text = re.sub(r"(?m)^(train|valid|names) = ", rf"\1 = {ROOT}/data/tabletop/", text)
    (folder / "demo.data").write_text(text)
    command = [sys.executable, "-m", "darkpy", "detector", verb, "demo.data", *words[1:]]
    if asked.device.type == "cpu":
        command.append("-nogpu")
    run = subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=None if asked.tiny else max(10.0, asked.left),
        env=_environment(),
    )
    if run.returncode:
        raise RuntimeError(f"detector {verb}: {run.stderr.strip()[-400:]}")
    return run.stdout


def _environment() -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": str(ROOT)}
