"""[rnn], [crnn], [gru], [lstm], [conv_lstm], [history]: one step; memory comes in and goes out.

The graph has an input and an output for each memory: zeros at first, then what the step before
gave. [history] keeps nothing between pictures, as in inference.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from darkpy.export.emitters.activation import activated
from darkpy.export.emitters.base import EMITTERS
from darkpy.export.emitters.convolutional import convolutional
from darkpy.export.emitters.matrices import matrix
from darkpy.export.graph import Graph, Value
from darkpy.sections.base import Shape


class _Parts:
    """The parts of a recurrent layer as functions of values."""

    def __init__(self, g: Graph, layer: nn.Module) -> None:
        self.g, self.parts = g, layer.parts

    def __call__(self, name: str, x: Value) -> Value:
        part = self.parts[name]
        emit = convolutional if hasattr(part, "conv") else matrix
        return emit(self.g, part, [x])


def _memory(g: Graph, layer: nn.Module, count: int, shape: Shape) -> list[Value]:
    """Names of the inputs that hold what is remembered."""
    g.need_fixed(f"[{layer.plan.kind}]")
    names = [f"memory_{layer.plan.index}_{number}" for number in range(count)]
    for name in names:
        g.memories[name] = ("", tuple(shape))
    return names


def _remember(g: Graph, names: Sequence[Value], values: Sequence[Value]) -> None:
    for name, value in zip(names, values, strict=True):
        _, shape = g.memories[name]
        g.memories[name] = (g.op("Identity", value), shape)


@EMITTERS("rnn", "crnn")
def simple(g: Graph, layer: nn.Module, inputs: Sequence[Value]) -> Value:
    part = _Parts(g, layer)
    names = _memory(g, layer, 1, layer.plan.parts["self"].out)
    now = g.add(part("input", inputs[0]), part("self", names[0]))
    if layer.options.shortcut:
        now = g.add(now, names[0])
    _remember(g, names, [now])
    return part("output", now)


@EMITTERS("gru")
def gru(g: Graph, layer: nn.Module, inputs: Sequence[Value]) -> Value:
    part, (x,) = _Parts(g, layer), inputs
    names = _memory(g, layer, 1, Shape(layer.options.output, 1, 1))
    (before,) = names
    update = g.op("Sigmoid", g.add(part("input_z", x), part("state_z", before)))
    reset = g.op("Sigmoid", g.add(part("input_r", x), part("state_r", before)))
    seen = part("state_h", g.mul(reset, before))
    candidate = g.op("Sigmoid", g.add(part("input_h", x), seen))
    now = g.add(candidate, g.mul(update, g.sub(before, candidate)))
    _remember(g, names, [now])
    return now


@EMITTERS("lstm")
def lstm(g: Graph, layer: nn.Module, inputs: Sequence[Value]) -> Value:
    part, (x,) = _Parts(g, layer), inputs
    names = _memory(g, layer, 2, Shape(layer.options.output, 1, 1))
    before, cells = names
    gates = {gate: g.add(part(f"w{gate}", before), part(f"u{gate}", x)) for gate in "figo"}
    now, cells = _cell(g, gates, cells, lambda value: g.op("Tanh", value))
    _remember(g, names, [now, cells])
    return now


@EMITTERS("conv_lstm")
def conv_lstm(g: Graph, layer: nn.Module, inputs: Sequence[Value]) -> Value:
    part, o = _Parts(g, layer), layer.options
    names = _memory(g, layer, 2, Shape(o.output, *layer.plan.inputs[0][1:]))
    before, cells = names
    passed = None
    if o.bottleneck:
        gates, passed = _from_bottleneck(g, layer, before, inputs[0])
    else:
        gates = {
            gate: g.add(part(f"w{gate}", before), part(f"u{gate}", inputs[0])) for gate in "figo"
        }
    if o.peephole:
        gates["f"] = g.add(gates["f"], part("vf", cells))
        gates["i"] = g.add(gates["i"], part("vi", cells))
    forget, write = g.op("Sigmoid", gates["f"]), g.op("Sigmoid", gates["i"])
    squashed = activated(g, gates["g"], o.lstm_activation)
    cells = g.add(g.mul(forget, cells), g.mul(write, squashed))
    if o.peephole:
        gates["o"] = g.add(gates["o"], part("vo", cells))
    now = g.mul(g.op("Sigmoid", gates["o"]), activated(g, cells, o.lstm_activation))
    if layer.limit:
        cells = g.clip(cells, -layer.limit, layer.limit)
    _remember(g, names, [now, cells])
    return g.add(now, passed) if o.shortcut and passed is not None else now


def _from_bottleneck(
    g: Graph, layer: nn.Module, before: Value, x: Value
) -> tuple[dict[str, Value], Value]:
    part = _Parts(g, layer)
    narrow = part("wf", g.concat([before, x], 1))
    narrow = activated(g, narrow, layer.options.lstm_activation)
    channels = layer.plan.parts["wf"].out.c
    kept = g.slice(narrow, 1, 0, channels // 2)
    half = g.pad(kept, (0, 0, 0, 0, 0, channels - channels // 2, 0, 0))
    return {gate: part(f"u{gate}", narrow) for gate in "figo"}, half


def _cell(g: Graph, gates: dict[str, Value], cells: Value, squash) -> tuple[Value, Value]:
    """Output and cells of a long short-term memory."""
    kept = g.mul(g.op("Sigmoid", gates["f"]), cells)
    written = g.mul(g.op("Sigmoid", gates["i"]), squash(gates["g"]))
    cells = g.add(kept, written)
    return g.mul(g.op("Sigmoid", gates["o"]), squash(cells)), cells


@EMITTERS("history")
def history(g: Graph, layer: nn.Module, inputs: Sequence[Value]) -> Value:
    missing = layer.plan.out.c - layer.plan.inputs[0].c
    return g.pad(inputs[0], (0, 0, 0, 0, 0, missing, 0, 0))
