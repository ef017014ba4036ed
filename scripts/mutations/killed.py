"""Trainings that are killed at random moments and resumed: they end as if nothing had happened."""

from __future__ import annotations

import csv
import os
import random
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from darkpy.console.cli import main
from darkpy.data.pictures import write_picture
from darkpy.detector import train  # noqa: F401 - children need not import it again
from darkpy.session import chart, evaluation
from darkpy.session.evaluation import Evaluation
from darkpy.session.pairs import find_pair
from darkpy.training.trainer import Trainer

_PICTURES = 8
_CFG = """[net]
batch=4
subdivisions=2
width=32
height=32
channels=3
learning_rate=0.005
burn_in=2
max_batches={iterations}
policy=steps
steps=4
scales=.1
{net}
[convolutional]
batch_normalize={norm}
filters=4
size=3
stride=4
pad=1
activation=leaky
{first}
{layer}
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
{head}
"""


@dataclass(frozen=True)
class Kind:
    """What a training has besides the plain one: keys of [net], of its first layer and its head,
    a layer between them."""

    net: str = ""
    first: str = ""
    layer: str = ""
    head: str = ""
    norm: int = 1


KINDS = {
    "plain": Kind(),
    "cross": Kind(norm=2),
    "adam": Kind(net="adam=1"),
    "average": Kind(net="ema_alpha=.9"),
    "random": Kind(head="random=1"),
    "mosaic": Kind(net="mosaic=1"),
    "dropout": Kind(layer="[dropout]\nprobability=.3\n"),
    "recurrent": Kind(net="time_steps=2", layer="[crnn]\npad=1\noutput=4\nhidden=4\n"),
    "memory": Kind(net="time_steps=2", layer="[conv_lstm]\npad=1\noutput=4\n", norm=2),
    "frozen": Kind(first="stopbackward=1"),
    "adversary": Kind(net="adversarial_lr=.1"),
    "all": Kind("adam=1\nema_alpha=.9\nmosaic=1", "", "[dropout]\n", "random=1", 2),
}
_FILES = ("final.weights", "best.weights", "ema.weights")
# Calls of the system before and after which a save is in one of its states.
_CALLS = ("replace", "link", "fsync", "unlink")
_FIELDS_OF_A_CLOCK = ("seconds",)


def torture_resume(
    kills: int, seed: int, *, iterations: int = 60, kinds: tuple[str, ...] = tuple(KINDS)
) -> bool:
    """Kill trainings `kills` times, each kind in turn, and resume them; True if all that they leave
    at their ends is what a straight one leaves, and nothing unreadable lay there in between."""
    rng, counts, wrong = random.Random(seed), Counter(), []
    with tempfile.TemporaryDirectory() as top:
        tortured = [_Tortured(Path(top) / kind, KINDS[kind], iterations) for kind in kinds]
        for number in range(kills):
            one = tortured[number % len(tortured)]
            how, status = one.attempt(rng)
            counts[f"{how}, {_words(status)}"] += 1
            wrong += one.faults()
        for one in tortured:
            one.finish()
            wrong += one.faults()
        ends = sum(one.ends for one in tortured)
    for what, count in sorted(counts.items()):
        print(f"{count:4} {what}")
    for what in wrong:
        print(what)
    print(f"{kills} attempts of {len(kinds)} kinds, {ends} came to their end; ", end="")
    print(f"{len(wrong)} faults" if wrong else "all left what they leave without a kill")
    return not wrong


def _words(status: int) -> str:
    return f"ended by {signal.Signals(-status).name}" if status < 0 else f"status {status}"


class _Tortured:
    """A training of one kind, and what a straight one of it left."""

    def __init__(self, folder: Path, kind: Kind, iterations: int) -> None:
        self.name, self.ends, self._faults = folder.name, 0, []
        self.straight, self.folder = folder / "straight", folder / "killed"
        for place in (self.straight, self.folder):
            make_project(place, kind, iterations)
        began = time.monotonic()
        status = in_a_child(self.straight)
        self.seconds = time.monotonic() - began
        self._note(status == 0, f"the straight training ended with status {status}")

    def faults(self) -> list[str]:
        found, self._faults = self._faults, []
        return found

    def attempt(self, rng: random.Random) -> tuple[str, int]:
        """Go on, and be killed somehow; how, and the exit status."""
        if (self.folder / "backup/net_final.weights").exists():
            shutil.rmtree(self.folder / "backup")
        how = rng.choice((*_HOW, "at any time"))
        if how == "at any time":
            number = rng.choice((signal.SIGKILL, signal.SIGTERM))
            seconds = rng.uniform(0, 1.2 * self.seconds)
            status = in_a_child(self.folder, kill=(seconds, number))
            how = f"{number.name} {how}"
        else:
            status = in_a_child(self.folder, prepare=_HOW[how](rng))
        expected = (0, -signal.SIGKILL, -signal.SIGTERM, 128 + signal.SIGTERM)
        self._note(status in expected, f"status {status} after {how}")
        self._look()
        return how, status

    def finish(self) -> None:
        """Go on to the end."""
        status = in_a_child(self.folder)
        self._note(status == 0, f"the last attempt ended with status {status}")
        self._look()

    def _look(self) -> None:
        """What lies there is whole; at an end it is what the straight training left."""
        last, final = (self.folder / f"backup/net_{tag}.weights" for tag in ("last", "final"))
        if last.exists():
            pair, problems = find_pair(last)
            self._note(pair is not None, f"no good pair: {problems}")
        if not final.exists():
            return
        self.ends += 1
        for name in _FILES:
            mine, other = (place / f"backup/net_{name}" for place in (self.folder, self.straight))
            same = mine.exists() == other.exists()
            same = same and (not mine.exists() or mine.read_bytes() == other.read_bytes())
            self._note(same, f"{name} is another one")
        self._note(_rows(self.folder) == _rows(self.straight), "the csv has other rows")

    def _note(self, right: bool, otherwise: str) -> None:
        if not right:
            self._faults.append(f"{self.name}: {otherwise}")


def _rows(folder: Path) -> list[dict[str, str]]:
    """The csv without what a clock said."""
    with open(folder / "backup/net_train.csv") as file:
        rows = list(csv.DictReader(file))
    return [{k: v for k, v in row.items() if k not in _FIELDS_OF_A_CLOCK} for row in rows]


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _at_a_call(rng: random.Random) -> Callable[[], None]:
    """Before or after one of the calls that a save is made of."""
    name, left, after = rng.choice(_CALLS), [rng.randint(1, 60)], rng.random() < 0.5
    own = getattr(os, name)

    def dying(*words: object, **more: object) -> object:
        left[0] -= 1
        if not left[0] and not after:
            _die()
        result = own(*words, **more)
        if not left[0]:
            _die()
        return result

    return lambda: setattr(os, name, dying)


def _in_a_measurement(rng: random.Random) -> Callable[[], None]:
    left, own = [rng.randint(1, 40)], Evaluation.measure

    def measure(*words: object) -> Iterator[object]:
        measuring = own(*words)
        while True:
            left[0] -= 1
            if not left[0]:
                _die()
            try:
                yield next(measuring)
            except StopIteration as end:
                return end.value

    return lambda: setattr(Evaluation, "measure", measure)


def _in_an_iteration(rng: random.Random) -> Callable[[], None]:
    """In its first or second mini-batch; the first iteration is as likely as all others."""
    left, own = [rng.choice((1, 2, rng.randint(3, 80)))], Trainer._accumulate

    def accumulate(*words: object) -> object:
        left[0] -= 1
        if not left[0]:
            _die()
        return own(*words)

    return lambda: setattr(Trainer, "_accumulate", accumulate)


_HOW = {
    "in a save": _at_a_call,
    "in mAP": _in_a_measurement,
    "in an iteration": _in_an_iteration,
}


def in_a_child(
    folder: Path,
    *,
    prepare: Callable[[], None] = lambda: None,
    kill: tuple[float, int] = (600, signal.SIGKILL),
    flags: str = "-map",
) -> int:
    """Train in a child process, as `prepare` arranged it there; gives its exit status.

    kill: after so many seconds, by that signal. Its lines are added to `log.txt`.
    """
    child = os.fork()
    if not child:
        status = 1
        try:
            _in_the_child(folder)
            prepare()
            words = "detector train net.data net.cfg -resume -dont_show -nogpu -threads 0 -seed 7"
            status = main([*words.split(), *flags.split()])
        finally:
            os._exit(status)
    until, number = time.monotonic() + kill[0], kill[1]
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() >= until:
            os.kill(child, number)
            until, number = until + 60, signal.SIGKILL
        time.sleep(0.002)


def _in_the_child(folder: Path) -> None:
    log = os.open(folder / "log.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.chdir(folder)
    # Drawing takes as long as all the rest, and mAP would be measured once.
    chart.training_figure = lambda *_, **__: None
    chart.save_figure = lambda *_: None
    evaluation._LEAST_ITERATIONS = 9


def make_project(folder: Path, kind: Kind, iterations: int) -> Path:
    """Pictures of one bright block each, and a network of a moment."""
    (folder / "images").mkdir(parents=True)
    rng = np.random.default_rng(5)
    for number in range(_PICTURES):
        left, top = (int(edge) for edge in rng.integers(0, 20, 2))
        pixels = rng.integers(0, 60, (32, 32, 3), dtype=np.uint8)
        pixels[top : top + 12, left : left + 12] = 240
        write_picture(folder / f"images/{number}.png", pixels)
        row = f"{number % 2} {(left + 6) / 32} {(top + 6) / 32} .375 .375\n"
        (folder / f"images/{number}.txt").write_text(row)
    paths = "".join(f"images/{number}.png\n" for number in range(_PICTURES))
    (folder / "train.txt").write_text(paths)
    (folder / "net.names").write_text("even\nodd\n")
    data = "classes=2\ntrain=train.txt\nvalid=train.txt\nnames=net.names\nsavelast=3\n"
    (folder / "net.data").write_text(data)
    keys = {name: getattr(kind, name) for name in ("net", "first", "layer", "head", "norm")}
    (folder / "net.cfg").write_text(_CFG.format(iterations=iterations, **keys))
    return folder
