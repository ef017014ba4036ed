"""Which weights files a training leaves, and when; train_detector(), src/detector.c."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from darkpy.cfg.data import DataOptions
from darkpy.cfg.net import NetOptions
from darkpy.files import write_text
from darkpy.model.network import Network
from darkpy.model.weights import save_weights
from darkpy.training.checkpoint import save_state, state_path
from darkpy.training.trainer import Trainer
from darkpy.version import __version__

_LONG_TRAINING = 10_000  # iterations from which on fewer numbered files are kept


@dataclass
class Saver:
    """Writes `<backup>/<name>_last.weights` and its siblings."""

    folder: Path
    name: str
    every: int
    last_every: int

    @classmethod
    def of(cls, data: DataOptions, net: NetOptions, folder: Path, name: str) -> Saver:
        """As saveweights= and savelast= of the .data file say, or Darknet's defaults."""
        default = 1000 if net.max_batches < _LONG_TRAINING else _LONG_TRAINING
        return cls(folder, name, data.saveweights or default, data.savelast)

    def path(self, tag: str | int) -> Path:
        """`<backup>/<name>_<tag>.weights`."""
        return self.folder / f"{self.name}_{tag}.weights"

    def due(self, iteration: int) -> list[str]:
        """Tags of the files to write after an iteration."""
        tags = []
        if iteration % self.every == 0:
            tags.append(str(iteration))
        if iteration % self.last_every == 0 and iteration > 1:
            tags.append("last")
        return tags

    def save(self, network: Network, tag: str | int, iteration: int) -> str:
        """Write one file; gives the line to print. Weights that are not finite are not saved."""
        if not _finite(network):
            return f"{self.path(tag)}: not written, the weights hold NaN or infinity"
        save_weights(network, self.path(tag), iteration * network.plan.net.batch)
        return f"saved {self.path(tag)}"

    def save_last(self, trainer: Trainer, numbers: dict[str, float]) -> str:
        """Write `_last.weights`, its state and the averaged weights; gives the line to print.

        numbers: what goes into the state beside the trainer's own.
        """
        network, iteration = trainer.network, trainer.iteration
        message = self.save(network, "last", iteration)
        if not _finite(network):
            return message
        state = trainer.state()
        state = dataclasses.replace(state, numbers=state.numbers | numbers)
        save_state(state_path(self.path("last")), state)
        if trainer.averaged.average is not None:
            with trainer.averaged.in_place():
                self.save(network, "ema", iteration)
        return message

    def describe_best(self, iteration: int, mean_ap: float, facts: dict[str, Any]) -> None:
        """Leave `_best.json` beside the best weights: where they come from."""
        facts = {"iteration": iteration, "map50": mean_ap, **facts}
        _write_json(self.path("best").with_suffix(".json"), facts)

    def describe_run(self, facts: dict[str, Any], *, goes_on: bool) -> Path:
        """Note a run in `<name>_run.json`, after the earlier ones of a training that goes on."""
        path = self.folder / f"{self.name}_run.json"
        earlier = _read_runs(path) if goes_on else []
        _write_json(path, {"runs": [*earlier, facts]})
        return path

    def best_so_far(self) -> float:
        """mAP of the best weights of an earlier part of this training; -1 if there is none."""
        try:
            return float(json.loads(self.path("best").with_suffix(".json").read_text())["map50"])
        except (OSError, ValueError, KeyError, TypeError):
            return -1.0


def _finite(network: Network) -> bool:
    tensors = (t for layer in network.layers for t in layer.weights_in_file_order())
    return all(bool(torch.isfinite(tensor).all()) for tensor in tensors)


def origin(network: Network, seed: int) -> dict[str, Any]:
    """What makes a training what it is: version, seed, the cfg and its SHA-256."""
    source = Path(network.plan.source)
    digest = hashlib.sha256(source.read_bytes()).hexdigest() if source.is_file() else ""
    return {"darkpy": __version__, "seed": seed, "cfg": str(source), "cfg_sha256": digest}


def _read_runs(path: Path) -> list[Any]:
    try:
        return list(json.loads(path.read_text())["runs"])
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _write_json(path: Path, facts: dict[str, Any]) -> None:
    write_text(path, json.dumps(facts, indent=1) + "\n")
