"""`darkpy partial`: the first layers of a weights file, to start other trainings from."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from darkpy.errors import UsageError, WeightsError, place
from darkpy.files import replacing
from darkpy.planning.header import DARKNET_VERSION, Header, read_header
from darkpy.planning.network import NetworkPlan, read_network
from darkpy.sections.base import FLOAT_BYTES

_CHUNK = 2**20


def run(cfg: str, weights: str, out: str, n: int) -> Iterator[str]:
    """Write the first n layers of `weights`, which fits `cfg`, to `out`; yield what it holds.

    The values are copied as they are; the header is the one Darknet writes, with no picture seen,
    so that a training begins at its first iteration. UsageError for an n that the cfg has not, or
    an `out` that would replace what is read; WeightsError if the file ends before layer n.
    """
    plan = read_network(cfg)
    if not 1 <= n <= len(plan.layers):
        raise UsageError(
            f"darkpy partial: {n} layers cannot be taken of {cfg}, which has {len(plan.layers)}; "
            f"n is 1 to {len(plan.layers)}"
        )
    _refuse_replacing(out, cfg, weights)
    header = read_header(weights)
    available = (os.path.getsize(weights) - header.size) // FLOAT_BYTES
    stored = _stored(plan, available)
    _refuse_short(plan, weights, stored[:n], available)
    with open(weights, "rb") as source, replacing(out) as target:
        source.seek(header.size)
        target.write(struct.pack("<iiiQ", *DARKNET_VERSION, 0))
        _copy(source, target, FLOAT_BYTES * sum(stored[:n]), weights)
    yield from _said(plan, out, header, stored, n)
    yield from _doubts(plan, weights, stored, available)


def _stored(plan: NetworkPlan, available: int) -> list[int]:
    """Values of each layer that a file with so many values holds.

    A file that this very network was saved to has all of them; others leave out what dontload= and
    dontloadscales= say.
    """
    whole = [layer.weights for layer in plan.layers]
    if available == sum(whole):
        return whole
    return [sum(array.size for array in layer.loaded) for layer in plan.layers]


def _refuse_replacing(out: str, *sources: str) -> None:
    for source in sources:
        if os.path.exists(out) and os.path.exists(source) and os.path.samefile(out, source):
            raise UsageError(f"darkpy partial: {out} is read here; name another file to write")


def _refuse_short(plan: NetworkPlan, weights: str, wanted: list[int], available: int) -> None:
    """WeightsError that names the layer in which the file ends."""
    begun = 0
    for layer, values in zip(plan.layers, wanted, strict=False):
        begun += values
        if begun > available:
            section, short = layer.section, FLOAT_BYTES * (sum(wanted) - available)
            raise WeightsError(
                f"{weights}: ends inside layer {layer.index} [{layer.kind}] "
                f"({place(section.source, section.line)}), {short} bytes too short for "
                f"{len(wanted)} layers; it is cut off, or belongs to another cfg"
            )


def _copy(source: BinaryIO, target: BinaryIO, count: int, name: str) -> None:
    while count:
        piece = source.read(min(_CHUNK, count))
        if not piece:
            raise WeightsError(f"{name}: became shorter while it was read")
        target.write(piece)
        count -= len(piece)


def _said(plan: NetworkPlan, out: str, header: Header, stored: list[int], n: int) -> Iterator[str]:
    holding, last = sum(map(bool, stored[:n])), plan.layers[n - 1]
    yield (
        f"{out}: layers 0 to {n - 1} of {plan.source}, which has {len(stored)}; {holding} of them "
        f"hold {sum(stored[:n])} values; {Path(out).stat().st_size} bytes"
    )
    where = place(last.section.source, last.section.line)
    later = f"; layers {n} to {len(stored) - 1} begin at random" if n < len(stored) else ""
    yield f"the last one is {last.index} [{last.kind}] ({where}){later}"
    yield f"pictures seen: 0 (the source: {header.seen}), so that a training begins at iteration 0"
    skipped = [i for i in range(n) if plan.layers[i].weights and not stored[i]]
    if skipped:
        yield (
            f"note: dontload=1: neither file holds layers {', '.join(map(str, skipped))} "
            "(Darknet would add random numbers for them)"
        )


def _doubts(plan: NetworkPlan, weights: str, stored: list[int], available: int) -> Iterator[str]:
    """What is odd about the rest of the source; the part that was taken may still be right."""
    whole = sum(stored)
    if available > whole:
        yield (
            f"{weights}: warning: {FLOAT_BYTES * (available - whole)} bytes more than all of "
            f"{plan.source} takes; if its layers differ before the cut, the cut is worthless"
        )
        return
    begun = 0
    for layer, values in zip(plan.layers, stored, strict=True):
        if begun < available < begun + values:
            yield (
                f"{weights}: warning: ends inside layer {layer.index} [{layer.kind}]: cut off, or "
                "made with another number of classes"
            )
        begun += values
