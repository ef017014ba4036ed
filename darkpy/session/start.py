"""Where a training begins: at nothing, at pretrained weights, or where another one stopped."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

from darkpy.cfg.text import read_lines
from darkpy.data.dataset import Dataset
from darkpy.errors import CfgError, StateError, WeightsError, number_of
from darkpy.flags.training import TrainingFlags
from darkpy.model.network import Network
from darkpy.model.weights import load_weights, read_header
from darkpy.session.agreement import changes, data_digest, flag_changes
from darkpy.session.measured import is_possible
from darkpy.session.pairs import Pair, find_pair
from darkpy.session.saving import Saver
from darkpy.training.checkpoint import numbers_within, state_path

_LARGEST_SEED = 2**64


@dataclass(frozen=True)
class Start:
    """iteration: the last one done, 0 where all begins. pair: the weights with the state that is
    to be taken over, if there is one. finished: there is nothing left to do."""

    iteration: int = 0
    pair: Pair | None = None
    finished: bool = False


def find_start(
    network: Network, dataset: Dataset, weights: str, flags: TrainingFlags, saver: Saver
) -> Generator[str, None, Start]:
    """Fill the network from the weights, if there are any; yields what is to be said."""
    if flags.resume and not weights:
        weights = str(saver.path("last"))
        if find_pair(Path(weights))[0] is None and not Path(weights).is_file():
            yield f"-resume: there is no {weights}: training begins at 0"
            return Start()
    if not weights:
        return Start()
    if flags.clear:
        yield from _load(network, weights, begins=True)
        return Start()
    pair, problems = find_pair(Path(weights))
    if pair is not None:
        try:
            _check_facts(pair)
        except StateError as problem:
            pair, problems = None, [str(problem)]
    if pair is None or _is_another_run(pair, network):
        return (yield from _without_state(network, weights, problems))
    if _is_finished(pair, network, saver):
        yield from _finished_words(pair, network, saver)
        return Start(pair.state.iteration, pair, finished=True)
    yield from _go_on(pair, network, dataset, weights, flags)
    return Start(pair.state.iteration, pair)


def cfg_lines(network: Network) -> list[str]:
    """The text of the network's cfg."""
    return read_lines(network.plan.source, CfgError, "the cfg file")


def _load(network: Network, weights: str | Path, *, begins: bool) -> Generator[str, None, bool]:
    """Load weights; whether the file holds all layers."""
    loaded = load_weights(network, weights, dontload=begins)
    yield f"{weights}: {loaded.layers} of {loaded.total} layers"
    return loaded.whole


def _without_state(
    network: Network, weights: str, problems: list[str]
) -> Generator[str, None, Start]:
    """Begin with weights alone, at the iteration they were saved at or at 0."""
    net = network.plan.net
    seen = read_header(weights).seen // net.pictures
    whole = yield from _load(network, weights, begins=not 0 < seen < net.max_batches)
    if not whole or not seen:
        return Start()
    if seen >= net.max_batches:
        yield (
            f"{weights}: trained for {seen} iterations, max_batches={net.max_batches}: "
            "taken as pretrained weights, training begins at 0"
        )
        return Start()
    yield f"{weights}: training goes on at iteration {seen} (-clear begins at 0)"
    for problem in problems or [f"{state_path(weights)} does not exist"]:
        yield f"{problem}: momentum begins anew"
    return Start(seen)


def _go_on(
    pair: Pair, network: Network, dataset: Dataset, weights: str, flags: TrainingFlags
) -> Iterator[str]:
    """Load the weights of a pair, and say what is another now. CfgError if it does not fit."""
    at, facts = pair.state.iteration, pair.state.facts
    found = changes(facts["cfg"].split("\n"), cfg_lines(network), network.plan.source)
    refused = [change.text for change in found if change.refused]
    if refused:
        raise CfgError(
            f"{refused[0]} when {pair.path} was saved, at iteration {at}: that state does not fit; "
            "set it back to go on, or begin at 0 with these weights: -clear"
        )
    if not pair.is_of(Path(weights)):
        yield (
            f"{weights} and the state beside it are no good pair; {pair.weights} and {pair.path}, "
            "the newest that are, take their place"
        )
    if not (yield from _load(network, pair.weights, begins=False)):
        raise WeightsError(f"{pair.weights}: does not hold all layers, though its state says so")
    yield f"{pair.weights}: training goes on at iteration {at} (-clear begins at 0)"
    yield from (f"{change.text} up to iteration {at}" for change in found)
    yield from (f"{text} up to iteration {at}" for text in flag_changes(facts["flags"], flags))
    if flags.seed is not None and flags.seed != facts["seed"]:
        yield f"-seed {flags.seed} was {facts['seed']} up to iteration {at}"
    if facts["data"] != data_digest(dataset):
        yield (
            f"{dataset.source}: other pictures or labels than up to iteration {at} "
            f"({number_of(len(dataset), 'pictures')}, {facts['pictures']} before)"
        )


def _check_facts(pair: Pair) -> None:
    """StateError unless the session's own facts are all there and possible."""
    facts, iteration = pair.state.facts, pair.state.iteration
    bounds = {
        "seed": (-_LARGEST_SEED, _LARGEST_SEED),
        "best": (-1, 1),
        "measured_at": (0, iteration),
        "max_batches": (1, 2**53),
        "pictures": (1, 2**53),
    }
    kinds = {"cfg": str, "data": str, "flags": dict, "guard": dict}
    right = all(isinstance(facts.get(name), kind) for name, kind in kinds.items())
    right = right and numbers_within(facts, bounds) and facts["seed"] == int(facts["seed"])
    if not right or not is_possible(facts.get("measured"), int(facts["measured_at"])):
        raise StateError(f"{pair.path}: does not hold what a state holds")


def _is_another_run(pair: Pair, network: Network) -> bool:
    """Whether it is a finished training of other layers, whose weights are pretrained ones."""
    facts = pair.state.facts
    if pair.state.iteration < facts["max_batches"]:
        return False
    found = changes(facts["cfg"].split("\n"), cfg_lines(network), network.plan.source)
    return any(change.refused for change in found)


def _is_finished(pair: Pair, network: Network, saver: Saver) -> bool:
    """Whether there is nothing left to do, the final weights included."""
    final = saver.path("final")
    if pair.state.iteration < network.plan.net.max_batches or not final.is_file():
        return False
    return read_header(final).seen == read_header(pair.weights).seen


def _finished_words(pair: Pair, network: Network, saver: Saver) -> Iterator[str]:
    best = pair.state.facts["best"]
    measured = f", best mAP {best:.2%}" if best >= 0 else ""
    yield (
        f"{pair.weights}: this training is finished, {pair.state.iteration} of "
        f"max_batches={network.plan.net.max_batches} iterations{measured}; its weights are "
        f"{saver.path('final')}, and nothing was changed"
    )
    yield (
        f"to go on, raise max_batches= in {network.plan.source}; "
        "to begin at 0 with these weights: -clear"
    )
