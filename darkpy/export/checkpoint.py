"""A checkpoint of a training as Darknet's file: the weights or their average, at an iteration."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import torch

from darkpy.errors import StateError, UsageError
from darkpy.model.network import Network
from darkpy.model.weights import load_weights, save_weights
from darkpy.solver.optimizer import build_optimizer
from darkpy.training.checkpoint import (
    SUFFIX,
    State,
    check_alike,
    file_digest,
    load_state,
    state_path,
)

_NAME = "averaged"  # of the tensor in a state


@dataclass(frozen=True)
class Saved:
    """What was written: from where, at which iteration, of how many pictures seen."""

    out: Path
    source: Path
    iteration: int
    seen: int


def write_checkpoint(
    cfg: str, weights: Path, out: str, *, averaged: bool, iteration: int | None
) -> Saved:
    """Write weights that fit a cfg. weights: a file of them, or the .state beside one.

    iteration: None for the one that they were saved at. out: empty for a name of its own.
    StateError for an average that is not there.
    """
    if weights.suffix == SUFFIX:
        weights = weights.with_suffix(".weights")
    network = Network.from_cfg(cfg)
    header = load_weights(network, weights).header
    batch = network.plan.net.pictures
    if iteration is None:
        iteration = header.seen // batch
    if averaged:
        network = with_average(network, _state_of(weights), weights)
    target = Path(out or f"{Path(cfg).stem}_{iteration}.weights")
    if target.exists() and os.path.samefile(target, weights):
        raise UsageError(f"{target} is read here; name another file with -out")
    save_weights(network, target, iteration * batch)
    return Saved(target, weights, iteration, iteration * batch)


def with_average(network: Network, state: State, weights: Path) -> Network:
    """The network with the average of its weights, where the optimizer keeps them.

    StateError if the state holds none, or one of another network.
    """
    if _NAME not in state.tensors:
        raise StateError(
            f"{weights}: its state holds no average: ema_alpha= is 0, or the training has not "
            "reached half of max_batches="
        )
    network = network.to(memory_format=torch.channels_last)  # as the trainer had it
    optimizer = build_optimizer(network.layers, network.plan.net, network.plan.moving)
    check_alike(_NAME, state.tensors[_NAME], optimizer.values)
    with torch.no_grad():
        optimizer.values.copy_(state.tensors[_NAME])
    return network


def _state_of(weights: Path) -> State:
    """The state that belongs to a weights file. StateError if there is none."""
    path = state_path(weights)
    if not path.is_file():
        raise StateError(f"{path}: does not exist; the average of ema_alpha= is kept there")
    state = load_state(path)
    if state.weights != file_digest(weights):
        raise StateError(f"{path}: is not of these weights, {weights}")
    return state
