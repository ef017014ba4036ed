"""`darkpy net`: Darknet's build table of a cfg, and what the network costs."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

from darkpy.cfg.reader import read_cfg
from darkpy.cfg.shipped import cfg_named
from darkpy.cfg.sized import at_size
from darkpy.errors import CfgError
from darkpy.flags.verbs import NetFlags
from darkpy.planning.footprint import View, memory, receptive_fields, trained_values
from darkpy.planning.network import NetworkPlan, plan_network
from darkpy.sections.base import FLOAT_BYTES, Plan

_TITLE = "   layer   filters  size/strd(dil)      input                output"
_ROW = 72  # columns of Darknet's part of a line
_MEGA = 1e6


def run(cfg: str, **flags: Any) -> Iterator[str]:
    """Yield the table and the totals, or everything as one JSON text.

    cfg: a file, or the name of one of darkpy's. flags: those of NetFlags. CfgError if the cfg
    cannot be built.
    """
    asked = NetFlags(**flags)
    plan = _planned(cfg, asked.width, asked.height)
    if asked.json:
        yield _as_json(plan)
        return
    yield from _table(plan)
    yield from _totals(plan)


def _planned(cfg: str, width: int, height: int) -> NetworkPlan:
    text = at_size(read_cfg(cfg_named(cfg)), (width, height))
    plan = plan_network(text)
    plan.findings.raise_errors(CfgError, training=False)
    return plan


def _table(plan: NetworkPlan) -> Iterator[str]:
    yield f"{_TITLE:{_ROW}s}  BFLOPs   parameters   receptive field"
    for layer, view in zip(plan.layers, receptive_fields(plan), strict=True):
        first, *more = layer.row.split("\n")
        cost = f"{layer.bflops:.3f} BF" if layer.bflops else ""
        values = f"{trained_values(layer)}" if layer.arrays else ""
        yield f"{layer.index:4d} {first:{_ROW - 5}s} {cost:>9s} {values:>11s}   {_field(view)}"
        yield from more
    yield f"Total BFLOPS {plan.bflops:5.3f}"


def _totals(plan: NetworkPlan) -> Iterator[str]:
    net, used = plan.net, memory(plan)
    kinds = ", ".join(f"{n} {kind}" for kind, n in Counter(p.kind for p in plan.layers).items())
    yield ""
    yield f"input           {plan.input.w} x {plan.input.h} x {plan.input.c}"
    yield f"layers          {len(plan.layers)}: {kinds}"
    for layer in (plan.layers[index] for index in plan.wanted):
        w, h, c = _sides(layer.out)
        yield f"output          layer {layer.index} [{layer.kind}]: {w} x {h} x {c}"
    yield f"parameters      {sum(map(trained_values, plan.layers)):,}"
    yield f"weights file    {plan.weights_bytes:,} bytes ({plan.weights_bytes / _MEGA:.1f} MB)"
    yield (
        f"memory          {used.inference / _MEGA:.1f} MB a picture in inference (most at layer "
        f"{used.peak}), {used.training / _MEGA:.1f} MB in training"
    )
    yield (
        f"                {used.training * net.mini_batch / _MEGA:.1f} MB a mini-batch of "
        f"{net.mini_batch} (batch={net.batch}, subdivisions={net.subdivisions}); values of layers "
        "only, 32 bit,"
    )
    yield (
        f"                without the weights ({plan.weights_bytes / _MEGA:.1f} MB, in training "
        "three to four times) and working space"
    )
    if remarks := len(plan.findings.warnings):
        yield f"{remarks} warning{'s' * (remarks > 1)}: `darkpy check {plan.source}` lists them"


def _field(view: View) -> str:
    """`w x h`, or `all` where the whole picture is seen."""
    high, wide = view.size_hw
    return "all" if math.isinf(max(high, wide)) else f"{wide:g} x {high:g}"


def _as_json(plan: NetworkPlan) -> str:
    used = memory(plan)
    views = receptive_fields(plan)
    facts = {
        "cfg": plan.source,
        "input": _sides(plan.input),
        "bflops": plan.bflops,
        "parameters": sum(map(trained_values, plan.layers)),
        "weights_bytes": plan.weights_bytes,
        "inference_bytes": used.inference,
        "inference_peak_layer": used.peak,
        "training_bytes": used.training,
        "outputs": list(plan.wanted),
        "layers": [_layer(layer, view) for layer, view in zip(plan.layers, views, strict=True)],
    }
    return json.dumps(facts, indent=1)


def _layer(layer: Plan, view: View) -> dict[str, Any]:
    high, wide = view.size_hw
    return {
        "index": layer.index,
        "kind": layer.kind,
        "line": layer.section.line,
        "sources": list(layer.sources),
        "output": _sides(layer.out),
        "bflops": layer.bflops,
        "parameters": trained_values(layer),
        "weights_bytes": FLOAT_BYTES * layer.weights,
        "receptive_field": None if math.isinf(max(high, wide)) else [wide, high],
        "row": layer.row,
    }


def _sides(shape: Any) -> list[int]:
    """Width, height, channels: the order of Darknet's table."""
    return [shape.w, shape.h, shape.c]
