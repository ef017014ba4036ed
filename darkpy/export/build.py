"""A network as a graph: layer after layer, then what the heads offer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import darkpy.export.emitters  # noqa: F401 - registers the kinds
from darkpy.errors import CfgError
from darkpy.export.emitters.base import DECODERS, EMITTERS, Offered
from darkpy.export.graph import Graph, Value
from darkpy.model.given import Standardized
from darkpy.model.network import Network
from darkpy.sections.base import Plan

PICTURE: Value = "images"


@dataclass(frozen=True)
class Built:
    """A graph with what can be asked of it.

    offered: of each detecting head, by its layer; raw: what goes into these heads. last: the last
    layer's output, of a classifier. All are float32.
    """

    graph: Graph
    offered: dict[int, Offered]
    raw: dict[int, Value]
    last: Value


def build(
    network: Network, *, opset: int, batch: int | None, fixed: bool, half: bool, decoded: bool
) -> Built:
    """Write the whole network. half: layers compute in float16, what heads offer in float32.

    decoded: whether what the heads offer is wanted, not only what goes into them. CfgError for a
    kind that has no such form.
    """
    g = Graph(opset, batch=batch, fixed=fixed, half=half)
    outputs: dict[int, Value] = {-1: _given(g, network)}
    offered: dict[int, Offered] = {}
    raw: dict[int, Value] = {}
    for index, layer in enumerate(network.layers):
        plan = layer.plan
        g.scope = f"{index}_{plan.kind}"
        inputs = [outputs[source] for source in plan.sources]
        if index not in network.detecting:
            outputs[index] = _emitter(plan)(g, layer, inputs)
            continue
        raw[index] = _as_float32(g, inputs[0])
        if decoded:
            offered[index] = _offered(g, layer, raw[index])
    g.scope = ""
    last = "" if raw else _as_float32(g, outputs[len(network.layers) - 1])
    g.float = np.float32
    return Built(g, offered, raw, last)


def _given(g: Graph, network: Network) -> Value:
    """The picture as the first layer reads it: mean= and std= of [net]."""
    x = g.cast(PICTURE, np.float16) if g.half else PICTURE
    if not isinstance(network.given, Standardized):
        return x
    mean, std = (values[None].cpu().numpy() for values in network.given.buffers())
    return g.op("Div", g.sub(x, g.constant(mean)), g.constant(std))


def _offered(g: Graph, head: object, raw: Value) -> Offered:
    """What a head offers; its numbers reach into hundreds, which float16 holds to a quarter."""
    if head.plan.kind not in DECODERS:
        raise _unknown(head.plan)
    own, g.float = g.float, np.float32
    try:
        return DECODERS[head.plan.kind](g, head, raw, PICTURE)
    finally:
        g.float = own


def _as_float32(g: Graph, x: Value) -> Value:
    return g.cast(x, np.float32) if g.half else x


def _emitter(plan: Plan) -> object:
    if plan.kind not in EMITTERS:
        raise _unknown(plan)
    return EMITTERS[plan.kind]


def _unknown(plan: Plan) -> CfgError:
    section = plan.section
    message = f"[{plan.kind}] cannot be exported"
    return CfgError.at(section.source, section.line, message)
