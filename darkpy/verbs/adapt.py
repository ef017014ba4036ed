"""`darkpy adapt`: a trained network for other classes; what both know is taken over by name."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

from darkpy.cfg.data import read_names
from darkpy.cfg.shipped import cfg_named
from darkpy.errors import DataError, UsageError, WeightsError, first_of, number_of
from darkpy.flags.verbs import AdaptFlags
from darkpy.importers.adapting import Adapted, Classed, adapt_file
from darkpy.planning.network import NetworkPlan, read_network
from darkpy.planning.roles import classes_of
from darkpy.planning.weights_file import named

_SHOWN = 20  # classes, and layers, on the screen


def run(
    old_cfg: str,
    old_names: str,
    weights: str,
    new_cfg: str,
    new_names: str,
    out: str,
    **flags: Any,
) -> Iterator[str]:
    """Write the new network's file; yields what was taken over and what begins at random."""
    asked = AdaptFlags(**flags)
    for source in (weights, old_cfg, new_cfg, old_names, new_names):
        if os.path.exists(out) and os.path.exists(source) and os.path.samefile(out, source):
            raise UsageError(f"darkpy adapt: {out} is read here; name another file to write")
    known, wanted = read_names(old_names), read_names(new_names)
    old, new = Classed(cfg_named(old_cfg), known), Classed(cfg_named(new_cfg), wanted)
    _check_names(read_network(old.cfg), known, old_names)
    plan = read_network(new.cfg)
    _check_names(plan, wanted, new_names)
    torch.manual_seed(asked.seed)
    found = adapt_file(old, weights, new, out)
    if not (found.whole or any(rows.taken for rows in found.rows)):
        raise WeightsError(f"{weights}: no layer of {old_cfg} is like one of {new_cfg}")
    yield from _said(found, weights, out)
    yield from _classes(known, wanted)
    if plan.net.freeze == "none":
        yield (
            "to train the layers before the heads alone, which needs few pictures: "
            f"freeze=all-but-last in [net] of {new_cfg}"
        )


def _check_names(plan: NetworkPlan, names: Sequence[str], source: str) -> None:
    """DataError if the heads tell apart another number of classes than there are names."""
    for head in plan.heads:
        classes = classes_of(head)
        if classes and classes != len(names):
            raise DataError(
                f"{source}: holds {number_of(len(names), 'names')}, but layer {named(head)} has "
                f"{number_of(classes, 'classes')}"
            )


def _said(found: Adapted, weights: str, out: str) -> Iterator[str]:
    yield (
        f"{out}: {number_of(len(found.whole), 'layers')} as in {weights}, "
        f"{number_of(len(found.rows), 'layers')} before heads by the names of classes; "
        f"{Path(out).stat().st_size} bytes"
    )
    for rows in found.rows:
        yield f"  layer {named(rows.layer)}: {rows.taken} of {rows.total} outputs taken over"
    lines = [f"  layer {named(layer)} begins at random" for layer in found.fresh]
    yield from first_of(lines, _SHOWN, "  ... and {} more layers")


def _classes(known: Sequence[str], wanted: Sequence[str]) -> Iterator[str]:
    new = [name for name in wanted if name not in known]
    for words, names in (
        ("taken over", [name for name in wanted if name in known]),
        ("begins at random" if len(new) == 1 else "begin at random", new),
        ("left behind", [name for name in known if name not in wanted]),
    ):
        listed = ", ".join(first_of(names, _SHOWN, "{} more"))
        yield f"{number_of(len(names), 'classes')} {words}{': ' if names else ''}{listed}"
