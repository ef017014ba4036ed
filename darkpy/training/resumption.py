"""What a training leaves to go on from, and how another one takes it: whole or not at all."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from darkpy.errors import StateError
from darkpy.model.held import possible
from darkpy.solver.loss_scale import LARGEST
from darkpy.training.checkpoint import (
    State,
    bytes_of,
    check_alike,
    check_tensors,
    numbers_within,
)

if TYPE_CHECKING:
    from darkpy.training.trainer import Trainer

_AVERAGES = (-1e30, 1e30)  # of a running loss; -1 before the first
# Tensors that a state may have or lack: they depend on keys and on the device.
_OPTIONAL = ("averaged", "device_chance", "scale.factor", "scale.good")


def state_of(trainer: Trainer) -> State:
    """What goes on from here beside the weights."""
    tensors = {f"optimizer.{k}": v for k, v in trainer.optimizer.memory().items()}
    tensors |= {"statistics": trainer.statistics, "chance": torch.get_rng_state()}
    if trainer.device.type == "cuda":
        tensors["device_chance"] = torch.cuda.get_rng_state(trainer.device)
    if trainer.averaged.average is not None:
        tensors["averaged"] = trainer.averaged.average
    if trainer.scale is not None:
        tensors |= {f"scale.{k}": v for k, v in trainer.scale.memory().items()}
    tensors |= trainer.guard.memory(trainer.iteration)
    # An average that is not finite is begun anew by the next loss, as -1 is.
    average = trainer.average if math.isfinite(trainer.average) else -1.0
    held = trainer.network.held.facts(trainer.network)
    facts = {"average": average, "guard": trainer.guard.facts(), "held": held}
    return State(trainer.iteration, facts=facts, tensors=tensors)


def go_on_from(trainer: Trainer, state: State) -> None:
    """Go on from a state, or change nothing: StateError says why it cannot be this trainer's."""
    mine = state_of(trainer).tensors
    copies = {name: t for name, t in state.tensors.items() if name.startswith("guard.")}
    check_tensors(state, mine, (*_OPTIONAL, *copies))
    _check_values(trainer, state)
    past = trainer.guard.past(state.facts.get("guard") or {}, state.iteration, copies)
    with torch.no_grad():
        for name in mine.keys() & state.tensors.keys() - {"chance", "device_chance"}:
            mine[name].copy_(state.tensors[name])
    torch.set_rng_state(state.tensors["chance"])
    if "device_chance" in mine and "device_chance" in state.tensors:
        torch.cuda.set_rng_state(state.tensors["device_chance"], trainer.device)
    if "averaged" in state.tensors and trainer.net.ema_alpha:
        trainer.averaged.average = state.tensors["averaged"].to(trainer.device)
    trainer.average = float(state.facts["average"])
    trainer.guard.go_on(past)
    if "held" in state.facts:  # states of an older darkpy do not say
        trainer.network.held.go_on(trainer.network, state.facts["held"])


def largest_size(trainer: Trainer) -> int:
    """Bytes that a state of this trainer takes, at most."""
    copies = trainer.guard.memory(trainer.iteration).values()
    return state_of(trainer).size - bytes_of(copies) + trainer.guard.most_bytes


def _check_values(trainer: Trainer, state: State) -> None:
    """StateError if a number of the state is one that no training has."""
    if not numbers_within(state.facts, {"average": _AVERAGES}):
        raise StateError("its running loss is not possible")
    layers = len(trainer.network.layers)
    if not possible(trainer.network, layers, state.facts.get("held", [0, []])):
        raise StateError("its frozen layers are not those of this cfg")
    statistics = state.tensors["statistics"]
    squares = [statistics[place] for place in trainer.squares]
    squares += [t for name, t in state.tensors.items() if name == "optimizer.square"]
    if any(bool((square < 0).any()) for square in squares):
        raise StateError("it holds a variance below 0")
    factor = state.tensors.get("scale.factor")
    if factor is not None and not 1 <= float(factor) <= LARGEST:
        raise StateError("its loss scale is not possible")
    if "averaged" in state.tensors:
        check_alike("averaged", state.tensors["averaged"], trainer.optimizer.values)
    try:
        torch.Generator().set_state(state.tensors["chance"])
    except RuntimeError:
        raise StateError("its random state is not possible") from None
