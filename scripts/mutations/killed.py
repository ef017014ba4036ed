"""Trainings that are killed at random moments and resumed: they end as if nothing had happened."""

from __future__ import annotations

import os
import random
import signal
import tempfile
import time
from pathlib import Path

import numpy as np

from darkpy.console.cli import main
from darkpy.data.pictures import write_picture
from darkpy.detector import train  # noqa: F401 - children need not import it again

_PICTURES = 8
_CFG = """[net]
batch=4
subdivisions=2
width=64
height=64
channels=3
learning_rate=0.005
burn_in=2
max_batches={iterations}
policy=steps
steps=4
scales=.1
{keys}

[convolutional]
batch_normalize=1
filters=8
size=3
stride=4
pad=1
activation=leaky

[convolutional]
filters=14
size=1
activation=linear

[yolo]
mask=0,1
anchors=12,12, 24,24
num=2
classes=2
jitter=.1
"""


def torture_resume(
    kills: int, seed: int, *, iterations: int = 60, keys: str = "", folder: Path | None = None
) -> bool:
    """Kill a training `kills` times and resume it; True if its last weights are those of a straight
    one and no attempt ended badly."""
    with tempfile.TemporaryDirectory() as made:
        top = folder or Path(made)
        straight, killed = (
            _project(top / name, iterations, keys) for name in ("straight", "killed")
        )
        began = time.monotonic()
        if _attempt(straight, None) != 0:
            print("the straight training failed")
            return False
        whole = time.monotonic() - began
        rng, statuses = random.Random(seed), []
        while len(statuses) < kills:
            if (killed / "backup/net_final.weights").exists():
                _begin_anew(killed)
            statuses.append(_attempt(killed, rng.uniform(0.1, whole)))
        statuses.append(_attempt(killed, None))
        same = _same_end(straight, killed)
    bad = [status for status in statuses if status not in (0, -signal.SIGKILL)]
    dead = statuses.count(-signal.SIGKILL)
    print(f"{kills} attempts, {dead} killed, {len(bad)} ended badly; ", end="")
    print(f"the last weights are {'the same' if same else 'OTHERS'} as without a kill")
    return same and not bad


def _same_end(straight: Path, killed: Path) -> bool:
    name = "backup/net_final.weights"
    return (straight / name).read_bytes() == (killed / name).read_bytes()


def _begin_anew(folder: Path) -> None:
    for path in (folder / "backup").iterdir():
        path.unlink()


def _attempt(folder: Path, seconds: float | None) -> int:
    """Train in a child process, killed after so many seconds; gives its exit status."""
    child = os.fork()
    if not child:
        status = 1
        try:
            quiet = os.open(folder / "log.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            for stream in (1, 2):
                os.dup2(quiet, stream)
            os.chdir(folder)
            words = "detector train net.data net.cfg -resume -map -dont_show -nogpu -threads 0"
            status = main([*words.split(), "-seed", "7"])
        finally:
            os._exit(status)
    until = time.monotonic() + (seconds or 600)
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() >= until:
            os.kill(child, signal.SIGKILL)
            until += 600
        time.sleep(0.002)


def _project(folder: Path, iterations: int, keys: str) -> Path:
    """Pictures of one bright block each, and a network of a moment."""
    (folder / "images").mkdir(parents=True)
    rng = np.random.default_rng(5)
    for number in range(_PICTURES):
        left, top = (int(edge) for edge in rng.integers(0, 40, 2))
        pixels = rng.integers(0, 60, (64, 64, 3), dtype=np.uint8)
        pixels[top : top + 16, left : left + 16] = 240
        write_picture(folder / f"images/{number}.png", pixels)
        row = f"{number % 2} {(left + 8) / 64} {(top + 8) / 64} .25 .25\n"
        (folder / f"images/{number}.txt").write_text(row)
    paths = "".join(f"images/{number}.png\n" for number in range(_PICTURES))
    (folder / "train.txt").write_text(paths)
    (folder / "net.names").write_text("even\nodd\n")
    data = "classes=2\ntrain=train.txt\nvalid=train.txt\nnames=net.names\nsavelast=3\n"
    (folder / "net.data").write_text(data)
    (folder / "net.cfg").write_text(_CFG.format(iterations=iterations, keys=keys))
    return folder
