"""Which weights files a training leaves, and when; train_detector(), src/detector.c."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from darkpy.cfg.data import DataOptions
from darkpy.cfg.net import NetOptions
from darkpy.errors import DarkpyError, OutputError
from darkpy.files import write_text
from darkpy.model.network import Network
from darkpy.model.weights import save_weights
from darkpy.planning.weights_values import LARGEST
from darkpy.session.pairs import write_pair
from darkpy.session.run_notes import with_part
from darkpy.training.resumption import state_of
from darkpy.training.trainer import Trainer
from darkpy.version import __version__

_LONG_TRAINING = 10_000  # iterations from which on fewer numbered files are kept
SECONDS_APART = 300.0  # between two writings of _last, whatever savelast= says
RETRY_SECONDS = 30.0  # after one that failed
_SET_ASIDE = ("best.weights", "best.json", "final.weights")


@dataclass
class Saver:
    """Writes `<backup>/<name>_last.weights` and its siblings. What cannot be written ends nothing.

    failed: tags of the files whose last writing failed. pair_is_good: _last and its state are a
    pair that this training wrote or began with, which the next one may become the one before.
    """

    folder: Path
    name: str
    every: int
    last_every: int
    pair_is_good: bool = False
    failed: set[str] = field(default_factory=set)
    _next: float = field(default_factory=lambda: time.monotonic() + SECONDS_APART)

    @classmethod
    def of(cls, data: DataOptions, net: NetOptions, folder: Path, name: str) -> Saver:
        """As saveweights= and savelast= of the .data file say, or Darknet's defaults."""
        default = 1000 if net.max_batches < _LONG_TRAINING else _LONG_TRAINING
        return cls(folder, name, data.saveweights or default, data.savelast)

    def path(self, tag: str | int) -> Path:
        """`<backup>/<name>_<tag>.weights`."""
        return self.folder / f"{self.name}_{tag}.weights"

    def due(self, iteration: int) -> list[str]:
        """Tags of the files to write after an iteration; _last by time, too."""
        tags = []
        if iteration % self.every == 0:
            tags.append(str(iteration))
        if (iteration % self.last_every == 0 and iteration > 1) or time.monotonic() >= self._next:
            tags.append("last")
        return tags

    def save(self, network: Network, tag: str | int, iteration: int) -> str:
        """Write one file; gives the line to print. Weights that no load takes are not saved."""

        def write() -> None:
            save_weights(network, self.path(tag), iteration * network.plan.net.pictures)

        return self._attempt(str(tag), network, write)

    def save_last(self, trainer: Trainer, facts: dict[str, Any]) -> str:
        """Write `_last.weights`, its state and the averaged weights; gives the line to print.

        facts: what goes into the state beside the trainer's own.
        """
        network, iteration = trainer.network, trainer.iteration
        seen = iteration * network.plan.net.pictures

        def write() -> None:
            state = state_of(trainer)
            write_pair(
                self.path("last"),
                lambda path: save_weights(network, path, seen),
                replace(state, facts=state.facts | facts),
                keep_previous=self.pair_is_good,
            )

        message = self._attempt("last", network, write)
        ok = "last" not in self.failed
        self.pair_is_good = self.pair_is_good or ok
        self._next = time.monotonic() + (SECONDS_APART if ok else RETRY_SECONDS)
        if ok and trainer.averaged.average is not None:
            with trainer.averaged.in_place():
                self.save(network, "ema", iteration)
        return message

    def _attempt(self, tag: str, network: Network, write: Callable[[], None]) -> str:
        """Write a file, its folder made again if it is gone; gives the line to print."""
        try:
            fault = _fault(network)
            if fault:
                self.failed.add(tag)
                return f"{self.path(tag)}: not written, the weights {fault}"
            self.folder.mkdir(parents=True, exist_ok=True)
            write()
        except (DarkpyError, OSError) as problem:
            self.failed.add(tag)
            return f"NOT SAVED: {problem} (tried again as long as the training goes on)"
        self.failed.discard(tag)
        return f"saved {self.path(tag)}"

    def set_aside(self) -> str:
        """Keep the best and final weights of an earlier run under other names; what to say."""
        there = [name for name in _SET_ASIDE if (self.folder / f"{self.name}_{name}").exists()]
        if not there:
            return ""
        paths = [self.folder / f"{self.name}_{name}" for name in there]
        for number in itertools.count(1):
            kept = [path.with_suffix(f".{number}{path.suffix}") for path in paths]
            if not any(path.exists() for path in kept):
                break
        for path, new in zip(paths, kept, strict=True):
            os.replace(path, new)
        shown = ", ".join(path.name for path in kept)
        return f"what an earlier training left in {self.folder} is kept: {shown}"

    def describe_best(self, facts: dict[str, Any]) -> None:
        """Leave `_best.json` beside the best weights: where they come from."""
        _write_json(self.path("best").with_suffix(".json"), facts)

    def describe_run(self, facts: dict[str, Any], *, goes_on: bool) -> Path:
        """Note a run in `<name>_run.json`, after the earlier ones of a training that goes on."""
        path = self.folder / f"{self.name}_run.json"
        earlier = _read_runs(path) if goes_on else []
        _write_json(path, {"runs": with_part(earlier, facts)})
        return path

    def describe_end(self, facts: dict[str, Any]) -> None:
        """Add to the note of the last run how it ended, if that can be written."""
        path = self.folder / f"{self.name}_run.json"
        runs = _read_runs(path)
        if runs and isinstance(runs[-1], dict):
            with suppress(OutputError):
                _write_json(path, {"runs": [*runs[:-1], runs[-1] | facts]})

    def best_so_far(self, score: str = "map50") -> float:
        """Score of the best weights of an earlier part of this training; -1 if there is none."""
        try:
            told = json.loads(self.path("best").with_suffix(".json").read_text())
            best = float(told[score])
        except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
            return -1.0
        possible = math.isfinite(best) and 0 <= best <= 1 and self.path("best").is_file()
        return best if possible else -1.0


def _fault(network: Network) -> str:
    """Why no darkpy would load the network's weights; empty if it would."""
    tensors = (t for layer in network.layers for t in layer.weights_in_file_order() if t.numel())
    largest = [tensor.detach().abs().max() for tensor in tensors]
    most = float(torch.stack(largest).max()) if largest else 0.0
    if not math.isfinite(most):
        return "hold NaN or infinity"
    return f"are as large as {most:.1g}: the training diverged" * (most > LARGEST)


def origin(network: Network, seed: int) -> dict[str, Any]:
    """What makes a training what it is: version, seed, the cfg and its SHA-256."""
    source = Path(network.plan.source)
    digest = hashlib.sha256(source.read_bytes()).hexdigest() if source.is_file() else ""
    return {"darkpy": __version__, "seed": seed, "cfg": str(source), "cfg_sha256": digest}


def _read_runs(path: Path) -> list[Any]:
    try:
        return list(json.loads(path.read_text())["runs"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return []


def _write_json(path: Path, facts: dict[str, Any]) -> None:
    write_text(path, json.dumps(facts, indent=1) + "\n")
