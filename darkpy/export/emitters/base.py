"""What writes the operations of a layer: a function for each kind, in a table as layers are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import nn

from darkpy.export.graph import Graph, Value
from darkpy.registry import Registry


@dataclass(frozen=True)
class Offered:
    """What a head offers, as (B, 4, M), (B, 1, M) and (B, K, M) for M boxes.

    boxes: cxcywh in the unit square of the network's input. scores: objectness times class, as
    the C program compares them with its threshold. anchors: A of them, in M = A*H*W.
    """

    boxes: Value
    objectness: Value
    scores: Value
    anchors: int
    count: int


# (graph, layer, its inputs) -> its output
Emitter = Callable[[Graph, nn.Module, Sequence[Value]], Value]
# (graph, head, its input, the picture) -> what it offers
Decoder = Callable[[Graph, nn.Module, Value, Value], Offered]

EMITTERS: Registry[Emitter] = Registry("layer to export")
DECODERS: Registry[Decoder] = Registry("head to export")
