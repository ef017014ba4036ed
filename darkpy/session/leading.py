"""What the first process of a training tells the others, so that all begin with the same."""

from __future__ import annotations

import hashlib
from typing import Any

import torch

from darkpy.data.dataset import Dataset
from darkpy.errors import DataError
from darkpy.model.network import Network
from darkpy.model.precision import Precision
from darkpy.session.agreement import data_digest
from darkpy.session.start import cfg_lines
from darkpy.session.team import Meeting
from darkpy.training.checkpoint import State
from darkpy.training.distributed import Alone, Peers
from darkpy.training.resumption import go_on_from, state_of
from darkpy.training.trainer import Trainer

_FILES = {"cfg": "the cfg", "data": "the training list, or its labels,"}


def lead(peers: Alone, trainer: Trainer, dataset: Dataset) -> None:
    """Join the other devices, which take over all that this trainer holds."""
    trainer.join(peers)
    if not isinstance(peers, Peers):
        return
    precision, state = trainer.precision, state_of(trainer)
    tensors = {name: tensor.cpu() for name, tensor in state.tensors.items()}
    facts = {
        **_files(trainer.network, dataset),
        "seed": trainer.seed,
        "dtype": _named(precision.dtype),
        "scaled": precision.scaled,
        "tf32": precision.tf32,
        "iteration": state.iteration,
        "pieces": trainer.fitting.pieces,
        "state": state.facts,
        "tensors": [[name, _named(t.dtype), list(t.shape)] for name, t in tensors.items()],
    }
    peers.tell_facts(facts)
    peers.share_out([trainer.optimizer.values, *tensors.values()])


def dismiss(meeting: Meeting, network: Network) -> None:
    """There is nothing to train: let those go whom this process did not start."""
    if meeting.crew is not None or meeting.team.rank.size == 1:
        return
    peers = meeting.join(network.plan)
    assert isinstance(peers, Peers)
    peers.tell_facts({})


def hear_facts(peers: Peers, network: Network, dataset: Dataset) -> dict[str, Any]:
    """What the leader says of its training; empty if there is none. DataError if it has other
    files than this process."""
    facts = peers.tell_facts()
    own = _files(network, dataset)
    for name, what in _FILES.items():
        if facts and facts[name] != own[name]:
            raise DataError(f"process {peers.share.rank}: {what} is not the one of process 0")
    return facts


def precision_of(facts: dict[str, Any]) -> Precision:
    """The leader's, whatever this device would have chosen."""
    dtype = getattr(torch, facts["dtype"]) if facts["dtype"] else None
    return Precision(dtype, facts["scaled"], facts["tf32"])


def take_over(peers: Peers, trainer: Trainer, facts: dict[str, Any]) -> None:
    """Have a trainer be what the leader's is."""
    trainer.join(peers)
    tensors = {
        name: torch.empty(shape, dtype=getattr(torch, dtype))
        for name, dtype, shape in facts["tensors"]
    }
    peers.share_out([trainer.optimizer.values, *tensors.values()])
    trainer.fitting.pieces = facts["pieces"]
    go_on_from(trainer, State(facts["iteration"], facts=facts["state"], tensors=tensors))


def _files(network: Network, dataset: Dataset) -> dict[str, str]:
    """What tells one cfg and one list from any other."""
    cfg = "\n".join(cfg_lines(network)).encode()
    return {"cfg": hashlib.sha256(cfg).hexdigest(), "data": data_digest(dataset)}


def _named(dtype: torch.dtype | None) -> str:
    return "" if dtype is None else str(dtype).removeprefix("torch.")
