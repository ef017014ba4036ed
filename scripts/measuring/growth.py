"""`scripts/bench growth`: how a training step grows with what it is given, and loading."""

from __future__ import annotations

import argparse
import json
import math
import re
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from scripts.loading import measure
from scripts.loss_step import LossStep

_DATA = Path(__file__).resolve().parents[2] / "data/tabletop/tabletop.data"
_START = {"batch": 4, "size": 128, "truths": 10, "classes": 20}
SWEEPS = {
    "batch": (1, 2, 4, 8, 16),
    "size": (64, 128, 256),
    "truths": (1, 10, 50, 100, 200),
    "classes": (1, 20, 80, 320, 1000),
    "threads": (1, 2, 4, 8),
}
_LOADED = 10  # mini-batches of each round
_POWER = {"size": 2}  # what a side of n px grows by: its pixels


def growth(asked: argparse.Namespace) -> Iterator[str]:
    """The lines of the table: processor seconds of a step, and the exponent of their growth.

    threads: that load pictures; then the seconds are those of as many pictures as a step takes.
    """
    rows = []
    for name, values in SWEEPS.items():
        took = []
        for value in values:
            if name == "threads":
                seconds = _loading_seconds(value, asked)
            else:
                seconds = _seconds({**_START, name: value}, asked)
            took.append(statistics.median(seconds))
            rows.append({"of": name, "value": value, "processor_seconds": seconds})
            spread = f"({min(seconds):.3f} to {max(seconds):.3f})"
            yield f"{name:8s} {value:5d} {took[-1]:8.3f} s {spread}"
        yield f"{name:8s} grows by the power of {_exponent(name, values, took):.2f}"
    if asked.json:
        Path(asked.json).write_text(json.dumps(rows, indent=1) + "\n")


def _seconds(given: dict[str, int], asked: argparse.Namespace) -> list[float]:
    """Processor seconds of some steps after a first one."""
    with tempfile.TemporaryDirectory() as folder:
        cfg = Path(folder) / "net.cfg"
        cfg.write_text(with_classes(Path(asked.cfg).read_text(), given["classes"]))
        words = {"cfg": str(cfg), "subdivisions": 1, "nogpu": asked.nogpu, **given}
        step = LossStep(argparse.Namespace(**words))
        step.run()
        return [step.timed(step.run)[1] for _ in range(asked.rounds)]


def _loading_seconds(threads: int, asked: argparse.Namespace) -> list[float]:
    """Processor seconds of loading mosaics from memory with so many threads."""
    dataset = measure.data_set(_DATA)
    options = {"side": _START["size"], "threads": threads, "mode": "ram"}
    cost = [measure.speed(dataset, _LOADED, **options).milliseconds for _ in range(asked.rounds)]
    return [each * _START["batch"] / 1000 for each in cost]


def with_classes(text: str, classes: int) -> str:
    """A cfg of [yolo] heads for another number of classes; the layer before each gets its size."""
    sections = re.split(r"(?m)^(?=\[)", text)
    for number, section in enumerate(sections):
        if section.startswith("[yolo]"):
            sections[number] = re.sub(r"(?m)^classes\s*=.*$", f"classes={classes}", section)
            anchors = len(re.search(r"(?m)^mask\s*=(.*)$", section)[1].split(","))
            filters = f"filters={anchors * (5 + classes)}"
            sections[number - 1] = re.sub(r"(?m)^filters\s*=.*$", filters, sections[number - 1])
    return "".join(sections)


def _exponent(name: str, values: Sequence[int], took: Sequence[float]) -> float:
    """p where the time of the largest is that of the smallest times their ratio to the p-th."""
    return math.log(took[-1] / took[0]) / math.log(values[-1] / values[0]) / _POWER.get(name, 1)
