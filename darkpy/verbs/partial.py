"""`darkpy partial`: the first layers of a weights file, to start other trainings from."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from darkpy.errors import UsageError, WeightsError
from darkpy.files import replacing
from darkpy.planning.header import Header, header_bytes, read_header
from darkpy.planning.network import NetworkPlan, read_network
from darkpy.planning.weights_file import FileLayout, ends_inside, layout, named, total
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
    stored = layout(plan.layers, available)
    _refuse_short(stored, weights, n)
    with open(weights, "rb") as source, replacing(out) as target:
        source.seek(header.size)
        target.write(header_bytes(seen=0))
        _copy(source, target, FLOAT_BYTES * total(stored.layers[:n]), weights)
    yield from _said(plan, out, header, stored, n)
    yield from _doubts(plan, weights, stored)


def _refuse_replacing(out: str, *sources: str) -> None:
    for source in sources:
        if os.path.exists(out) and os.path.exists(source) and os.path.samefile(out, source):
            raise UsageError(f"darkpy partial: {out} is read here; name another file to write")


def _refuse_short(stored: FileLayout, weights: str, n: int) -> None:
    """WeightsError that names the layer in which the file ends, if that is one of the first n."""
    held = stored.unfilled
    if held is not None and held.layer.index < n:
        missing = total(stored.layers[:n]) - stored.available
        raise WeightsError(
            f"{weights}: {ends_inside(held, missing, 'too short for')} {n} layers; "
            "it is cut off, or belongs to another cfg"
        )


def _copy(source: BinaryIO, target: BinaryIO, count: int, name: str) -> None:
    while count:
        piece = source.read(min(_CHUNK, count))
        if not piece:
            raise WeightsError(f"{name}: became shorter while it was read")
        target.write(piece)
        count -= len(piece)


def _said(plan: NetworkPlan, out: str, header: Header, stored: FileLayout, n: int) -> Iterator[str]:
    taken, all_layers = stored.layers[:n], len(plan.layers)
    holding = sum(bool(held.count) for held in taken)
    yield (
        f"{out}: layers 0 to {n - 1} of {plan.source}, which has {all_layers}; {holding} of them "
        f"hold {total(taken)} values; {Path(out).stat().st_size} bytes"
    )
    later = f"; layers {n} to {all_layers - 1} begin at random" if n < all_layers else ""
    yield f"the last one is {named(taken[-1].layer)}{later}"
    yield f"pictures seen: 0 (the source: {header.seen}), so that a training begins at iteration 0"
    skipped = [str(held.layer.index) for held in taken if held.layer.weights and not held.count]
    if skipped:
        yield (
            f"note: dontload=1: neither file holds layers {', '.join(skipped)} "
            "(Darknet would add random numbers for them)"
        )


def _doubts(plan: NetworkPlan, weights: str, stored: FileLayout) -> Iterator[str]:
    """What is odd about the rest of the source; the part that was taken may still be right."""
    if stored.available > stored.count:
        surplus = FLOAT_BYTES * (stored.available - stored.count)
        yield (
            f"{weights}: warning: {surplus} bytes more than all of {plan.source} takes; "
            "if its layers differ before the cut, the cut is worthless"
        )
    elif stored.cut is not None:
        layer = stored.cut.layer
        yield (
            f"{weights}: warning: ends inside layer {layer.index} [{layer.kind}]: cut off, or "
            "made with another number of classes"
        )
