"""Files of a project mutated one at a time, and all that a user would do with them."""

from __future__ import annotations

import contextlib
import io
import os
import random
import re
import resource
import shutil
import signal
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

import darkpy
from darkpy.console.cli import main
from darkpy.errors import DarkpyError
from darkpy.session import chart
from mutations import binary, cfg
from mutations.killed import KINDS, make_project

LIMIT_SECONDS = 20  # of computing, for one command
_MOST_MIB = 1024  # that the process may grow to beyond what it takes at the start
_HEADER_BYTES = 20
_TRAIN = "detector train net.data net.cfg -dont_show -nogpu -threads 0 -seed 7"
_LAST = "backup/net_last.weights"
_DOCTOR, _MAP = "doctor net.data net.cfg -quick", f"detector map net.data net.cfg {_LAST} -nogpu"
_TEST = f"detector test net.data net.cfg {_LAST} images/1.png images/0.jpg -dont_show -nogpu"
_API = "from Python"
Mutation = Callable[[bytes, random.Random], bytes]
# What is mutated, how, and what reads it.
_FILES: dict[str, tuple[Mutation, tuple[str, ...]]] = {
    _LAST: (binary.mutated, (_TEST, _MAP, f"{_TRAIN} {_LAST}", _API)),
    "backup/net_last.state": (binary.mutated, (f"{_TRAIN} -resume",)),
    "images/1.txt": (cfg.mutated, (_DOCTOR, _MAP, f"{_TRAIN} -clear")),
    "train.txt": (cfg.mutated, (_DOCTOR, _MAP, f"{_TRAIN} -map")),
    "images/1.png": (binary.mutated, (_TEST, _MAP, _DOCTOR, _TRAIN, _API)),
    "images/0.jpg": (binary.mutated, (_TEST, _MAP, _DOCTOR, _TRAIN, _API)),
    "backup/net_train.csv": (cfg.mutated, (f"{_TRAIN} -resume",)),
    "net.data": (cfg.mutated, (_DOCTOR, _TEST, _TRAIN)),
    "net.names": (cfg.mutated, (_DOCTOR, _TEST, _TRAIN)),
    "backup/net_best.json": (cfg.mutated, (f"{_TRAIN} -resume -map",)),
    "backup/net_run.json": (cfg.mutated, (f"{_TRAIN} -resume",)),
}
# A training that goes on without all of its state says one of these.
_SAID_OF_A_STATE = re.compile("momentum begins anew|take their place|training begins at 0")
_STATUSES = (0, 1, 2)


class Slow(BaseException):
    """Raised by the alarm; no `except Exception` can swallow it."""


def torture_inputs(count: int, seed: int, kept: Path, only: str = "") -> bool:
    """Mutate `count` files; True if no command ended by a fault of darkpy, took too long, or made
    something wrong of a broken file without a word. Cases that did are left in `kept`."""
    chart.training_figure, chart.save_figure = lambda *_, **__: None, lambda *_: None
    signal.signal(signal.SIGPROF, _too_slow)
    names = [name for name in _FILES if only in name]
    outcomes, faults, slowest = Counter(), 0, (0.0, "")
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as top:
        project = _Project(Path(top))
        for number in range(count):
            name = names[number % len(names)]
            rng = random.Random(f"{seed}-{number}")
            for words in project.broken(name, rng):
                began = time.process_time()
                outcome, fault = project.outcome(name, words)
                slowest = max(slowest, (time.process_time() - began, f"{name}: {words}"))
                outcomes[name, outcome] += 1
                if fault:
                    faults += 1
                    print(f"case {number}, {name}: {words}: {fault}", flush=True)
                    _keep(project.folder / name, kept / f"{seed}-{number}-{Path(name).name}")
        os.chdir(before)
        grown = project.grown_mib()
    for (name, outcome), times in sorted(outcomes.items()):
        print(f"{times:5} {name}: {outcome}")
    print(f"slowest {slowest[0]:.1f} s: {slowest[1]}; memory grew by {grown:.0f} MiB")
    print(f"{count} files, {sum(outcomes.values())} commands, {faults} faults")
    return not faults and grown < _MOST_MIB


class _Project:
    """A sound project that was trained for three of five iterations, and a copy to be broken."""

    def __init__(self, top: Path) -> None:
        self.sound, self.folder = top / "sound", top / "broken"
        make_project(self.sound, KINDS["plain"], 3)
        _as_jpeg(self.sound, 0)
        data = self.sound / "net.data"
        data.write_text(data.read_text().replace("savelast=3", "savelast=1\nbackup=backup"))
        os.chdir(self.sound)
        self.said, _ = _run(f"{_TRAIN} -map -time_limit_sec 1000")
        settings = self.sound / "net.cfg"
        settings.write_text(settings.read_text().replace("max_batches=3", "max_batches=5"))
        backup = self.sound / "backup"
        (backup / "net_final.weights").rename(backup / "net_best.weights")
        (backup / "net_best.json").write_text('{\n "iteration": 3,\n "map50": 0.5\n}\n')
        self._copy()
        self.straight = {name: self._trained(f"{_TRAIN} -resume{name}") for name in ("", " -map")}
        self.memory = _peak_mib()

    def _trained(self, words: str) -> bytes:
        _run(words)
        final = (self.folder / "backup/net_final.weights").read_bytes()
        self._copy()
        return final

    def grown_mib(self) -> float:
        return _peak_mib() - self.memory

    def _copy(self) -> None:
        os.chdir(self.sound)
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self.sound, self.folder)
        os.chdir(self.folder)

    def broken(self, name: str, rng: random.Random) -> tuple[str, ...]:
        """The project anew with a mutated file; what there is to do with it."""
        self._copy()
        path = self.folder / name
        mutation, commands = _FILES[name]
        path.write_bytes(mutation(path.read_bytes(), rng))
        return commands

    def outcome(self, name: str, words: str) -> tuple[str, str]:
        """How a command ended, and what was wrong about that."""
        signal.setitimer(signal.ITIMER_PROF, LIMIT_SECONDS)
        try:
            said, status = _from_python() if words == _API else _run(words)
        except (Exception, Slow):
            return "fault", traceback.format_exc()[-1500:]
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        return f"status {status}", self._silently_wrong(name, words, said, status)

    def _silently_wrong(self, name: str, words: str, said: str, status: object) -> str:
        """What cannot be right about an end without a fault; empty if nothing."""
        if status not in _STATUSES:
            return f"status {status}"
        if status != 0:
            return "" if said.strip() else "nothing was said"
        if re.search(r"\bnan\b", said, re.IGNORECASE) and words in (_TEST, _MAP, _API):
            return f"NaN in what was said: {said[-500:]}"
        if not words.startswith(_TRAIN):
            return ""
        final = self.folder / "backup/net_final.weights"
        if final.exists():
            values = np.frombuffer(final.read_bytes()[_HEADER_BYTES:], np.float32)
            if not np.isfinite(values).all():
                return "final weights hold NaN"
        silent = name.endswith(".state") and not _SAID_OF_A_STATE.search(said)
        if silent and final.read_bytes() != self.straight[""]:
            return "another training without a word"
        return ""


def _run(words: str) -> tuple[str, int]:
    """What a command printed, and its exit status."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        status = main(words.split())
    return out.getvalue(), status


def _from_python() -> tuple[str, int]:
    try:
        detector = darkpy.load("net.cfg", _LAST, "net.names")
        found = [darkpy.detect(detector, path) for path in ("images/0.jpg", "images/1.png")]
    except DarkpyError as problem:
        return str(problem), 2
    return str(found), 0


def _as_jpeg(folder: Path, number: int) -> None:
    """One of the pictures in another format."""
    png = folder / f"images/{number}.png"
    cv2.imwrite(str(png.with_suffix(".jpg")), cv2.imread(str(png)))
    png.unlink()
    listed = folder / "train.txt"
    listed.write_text(listed.read_text().replace(f"{number}.png", f"{number}.jpg"))


def _too_slow(number: int, frame: object) -> None:
    raise Slow(f"more than {LIMIT_SECONDS} s of computing")


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _keep(path: Path, new: Path) -> None:
    new.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(OSError):
        shutil.copyfile(path, new)
