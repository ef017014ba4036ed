"""Where a training begins: at nothing, at pretrained weights, or where another one stopped."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from darkpy.model.network import Network
from darkpy.model.weights import load_weights, read_header
from darkpy.session.train_flags import TrainFlags
from darkpy.training.checkpoint import State, load_state, state_path


@dataclass(frozen=True)
class Start:
    """iteration: the last one done, 0 where all begins. state: what lay beside the weights, at
    `path`, if anything did."""

    iteration: int = 0
    state: State | None = None
    path: Path = Path()


def find_start(network: Network, weights: str, flags: TrainFlags) -> Generator[str, None, Start]:
    """Fill the network from the weights, if there are any; yields what is to be said."""
    first = (yield from _load(network, weights, flags)) if weights else 0
    if not first:
        return Start()
    return Start(first, load_state(state_path(weights)), state_path(weights))


def _load(network: Network, weights: str, flags: TrainFlags) -> Generator[str, None, int]:
    """Load weights; returns the iteration they were saved at, 0 for pretrained ones."""
    net = network.plan.net
    seen = read_header(weights).seen // net.batch
    begins = flags.clear or not 0 < seen < net.max_batches
    loaded = load_weights(network, weights, dontload=begins)
    yield f"{weights}: {loaded.layers} of {loaded.total} layers"
    if flags.clear or not loaded.whole:
        return 0
    if seen >= net.max_batches:
        yield (
            f"{weights}: trained for {seen} iterations, max_batches={net.max_batches}: "
            "taken as pretrained weights, training begins at 0"
        )
        return 0
    if seen:
        yield f"{weights}: training goes on at iteration {seen} (-clear begins at 0)"
    return seen
