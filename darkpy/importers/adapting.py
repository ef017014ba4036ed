"""A trained network's values taken over into a network for other classes, row by row by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

import torch
from torch import Tensor

from darkpy.layers.base import Layer
from darkpy.model.network import Network
from darkpy.model.weights import load_weights, save_weights
from darkpy.planning.roles import CLASS, Role, Speaker, speakers
from darkpy.sections.base import Plan


@dataclass(frozen=True)
class SpokenRows:
    """A layer before a head: how many of its outputs were taken over, of how many."""

    layer: Plan
    taken: int
    total: int


@dataclass(frozen=True)
class Adapted:
    """What a network took over from another one.

    whole: layers with all of their values. rows: layers before heads. fresh: layers that begin at
    random, for no layer of the other is like them.
    """

    whole: list[Plan]
    rows: list[SpokenRows]
    fresh: list[Plan]


@dataclass(frozen=True)
class Classed:
    """A network by its cfg file, and the names of its classes."""

    cfg: Path
    names: Sequence[str]


def adapt_file(old: Classed, weights: str, new: Classed, out: str) -> Adapted:
    """Write a weights file for the new network with what of the old one's fits; nothing if none."""
    trained, network = (Network.from_cfg(side.cfg).eval() for side in (old, new))
    load_weights(trained, weights)
    found = adapted(network, new.names, trained, old.names)
    if found.whole or any(rows.taken for rows in found.rows):
        save_weights(network, out, 0)
    return found


def adapted(
    network: Network, names: Sequence[str], old: Network, old_names: Sequence[str]
) -> Adapted:
    """Fill a network with what of another one fits; the rest stays as it is."""
    ours, theirs = speakers(network.plan), speakers(old.plan)
    whole, fresh = _bodies(network, old, ours, theirs)
    rows, strangers = [], []
    known = {(s.head, place): s for s, place in _placed(theirs)}
    for speaker, place in _placed(ours):
        other = known.get((speaker.head, place))
        layer = network.layers[speaker.layer]
        if other is None or not _of_one_kind(network.plan.heads, old.plan.heads, speaker.head):
            strangers.append(layer.plan)
            continue
        pairs = _pairs(_named(speaker, names), _named(other, old_names))
        taken = _rows_taken(layer, old.layers[other.layer], pairs)
        rows.append(SpokenRows(layer.plan, taken, len(speaker.roles)))
    return Adapted(whole, rows, sorted([*fresh, *strangers], key=lambda plan: plan.index))


def _placed(found: list[Speaker]) -> list[tuple[Speaker, int]]:
    """Each with its place among those of its head."""
    count: dict[int, int] = {}
    placed = []
    for speaker in found:
        count[speaker.head] = count.get(speaker.head, -1) + 1
        placed.append((speaker, count[speaker.head]))
    return placed


def _of_one_kind(ours: Sequence[Plan], theirs: Sequence[Plan], number: int) -> bool:
    return type(ours[number].options) is type(theirs[number].options)


@torch.no_grad()
def _bodies(
    network: Network, old: Network, ours: list[Speaker], theirs: list[Speaker]
) -> tuple[list[Plan], list[Plan]]:
    """Copy the layers that do not speak to a head, in the longest runs of equal shapes."""
    mine, others = _with_values(network, ours), _with_values(old, theirs)
    shapes = [[_shapes(layer) for layer in layers] for layers in (mine, others)]
    taken = []
    for run in SequenceMatcher(None, *shapes, autojunk=False).get_matching_blocks():
        for step in range(run.size):
            layer, other = mine[run.a + step], others[run.b + step]
            for tensor, values in zip(_tensors(layer), _tensors(other), strict=True):
                tensor.copy_(values)
            taken.append(layer.plan)
    places = {plan.index for plan in taken}
    return taken, [layer.plan for layer in mine if layer.plan.index not in places]


def _with_values(network: Network, spoken: list[Speaker]) -> list[Layer]:
    before_heads = {speaker.layer for speaker in spoken}
    return [
        layer
        for index, layer in enumerate(network.layers)
        if layer.plan.arrays and index not in before_heads
    ]


def _tensors(layer: Layer) -> list[Tensor]:
    return layer.weights_in_file_order()


def _shapes(layer: Layer) -> tuple[object, ...]:
    return layer.plan.kind, *(array.shape for array in layer.plan.arrays)


def _named(speaker: Speaker, names: Sequence[str]) -> dict[Role | tuple[str, int, str], int]:
    """Outputs by their role, classes by name."""
    found: dict = {}
    for place, (what, anchor, number) in enumerate(speaker.roles):
        role = (what, anchor, names[number] if what == CLASS else number)
        found.setdefault(role, place)
    return found


def _pairs(ours: Mapping, theirs: Mapping) -> list[tuple[int, int]]:
    return [(place, theirs[role]) for role, place in ours.items() if role in theirs]


@torch.no_grad()
def _rows_taken(layer: Layer, other: Layer, pairs: list[tuple[int, int]]) -> int:
    """Copy the rows of outputs; none where the layers read different numbers of values."""
    mine, others = _row_first(layer), _row_first(other)
    if len(mine) != len(others) or not pairs:
        return 0
    if any(a.shape[1:] != b.shape[1:] for a, b in zip(mine, others, strict=True)):
        return 0
    to, source = (torch.tensor(places) for places in zip(*pairs, strict=True))
    for tensor, values in zip(mine, others, strict=True):
        tensor[to] = values[source]
    return len(pairs)


def _row_first(layer: Layer) -> list[Tensor]:
    """Its tensors, outputs along the first side; flipped= has them along the last."""
    flipped = getattr(layer.options, "flipped", False)
    return [
        tensor.movedim(-1, 0) if flipped and tensor.dim() > 1 else tensor
        for tensor in _tensors(layer)
    ]
