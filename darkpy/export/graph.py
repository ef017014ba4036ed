"""An ONNX graph being written: nodes one after the other, constants once each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from torch import Tensor

from darkpy.errors import UsageError

Value = str  # the name of a tensor of the graph

_AXES_ARE_INPUTS = {"ReduceSum": 13, "ReduceMax": 18, "ReduceMean": 18}
_MISH_SINCE = 18
_SMALL = 4096  # bytes of constants that are compared with those there are


@dataclass(frozen=True)
class Operation:
    """One operation; its name begins with the layer it belongs to."""

    kind: str
    name: str
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    attributes: dict[str, Any]


@dataclass
class Graph:
    """Operations with the names of what they read.

    batch: pictures at a time, None where any number may come. fixed: whether the input's height
    and width are those of the cfg. half: whether layers compute in float16; float: what constants
    become now. memories: inputs and outputs beside the picture, of layers that remember, by the
    input's name: the output's name and the shape behind the batch.
    """

    opset: int
    batch: int | None = 1
    fixed: bool = True
    half: bool = False
    float: type = np.float32
    nodes: list[Operation] = field(default_factory=list)
    constants: dict[Value, np.ndarray] = field(default_factory=dict)
    memories: dict[Value, tuple[Value, tuple[int, ...]]] = field(default_factory=dict)
    scope: str = ""
    _counts: Counter = field(default_factory=Counter)
    _known: dict[tuple, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.float = np.float16 if self.half else np.float32

    def op(self, kind: str, *inputs: Value, **attributes: Any) -> Value:
        """Add a node; gives its output."""
        name = self._fresh(kind)
        self.nodes.append(Operation(kind, name, inputs, (name,), attributes))
        return name

    def top(self, x: Value, count: int) -> tuple[Value, Value]:
        """The largest values along the last axis, in order, and where they were."""
        name = self._fresh("TopK")
        outputs = (name, f"{name}_places")
        self.nodes.append(Operation("TopK", name, (x, self.whole(count)), outputs, {"axis": -1}))
        return outputs

    def constant(
        self, array: np.ndarray | Tensor | Sequence | float, dtype: type | None = None
    ) -> Value:
        """A tensor that is part of the file; floats become of the graph's own type."""
        if isinstance(array, Tensor):
            array = array.detach().cpu().numpy()
        array = np.asarray(array)
        if array.dtype.kind == "f":
            array = array.astype(dtype or self.float)
        key = (array.dtype.str, array.shape, array.tobytes()) if array.nbytes < _SMALL else None
        if key in self._known:
            return self._known[key]
        name = self._fresh("constant")
        self.constants[name] = np.ascontiguousarray(array)
        if key is not None:
            self._known[key] = name
        return name

    def whole(self, *numbers: int) -> Value:
        """A constant row of int64, as shapes and axes are."""
        return self.constant(np.array(numbers, dtype=np.int64))

    def add(self, x: Value, y: Value | float) -> Value:
        return x if isinstance(y, float | int) and y == 0 else self._pair("Add", x, y)

    def sub(self, x: Value, y: Value | float) -> Value:
        return self._pair("Sub", x, y)

    def mul(self, x: Value, y: Value | float) -> Value:
        return x if isinstance(y, float | int) and y == 1 else self._pair("Mul", x, y)

    def div(self, x: Value, y: Value | float) -> Value:
        return self._pair("Div", x, y)

    def clip(self, x: Value, low: float | None, high: float | None) -> Value:
        """x between bounds, of which one may be missing."""
        bounds = ["" if bound is None else self.constant(float(bound)) for bound in (low, high)]
        return self.op("Clip", x, *(bounds if bounds[1] else bounds[:1]))

    def reshape(self, x: Value, *sides: int) -> Value:
        """0 keeps a side as it is, -1 takes what is left."""
        return self.op("Reshape", x, self.whole(*sides))

    def transpose(self, x: Value, *order: int) -> Value:
        return self.op("Transpose", x, perm=list(order))

    def concat(self, parts: Sequence[Value], axis: int) -> Value:
        return parts[0] if len(parts) == 1 else self.op("Concat", *parts, axis=axis)

    def slice(self, x: Value, axis: int, start: int, end: int) -> Value:
        """x[start:end] along an axis."""
        return self.op("Slice", x, self.whole(start), self.whole(end), self.whole(axis))

    def pad(self, x: Value, sides: Sequence[int], value: float = 0.0) -> Value:
        """sides: before each axis, then after each."""
        if not any(sides):
            return x
        return self.op("Pad", x, self.whole(*sides), self.constant(float(value)))

    def reduce(self, kind: str, x: Value, axis: int) -> Value:
        """ReduceSum, ReduceMax or ReduceMean along an axis, which stays with a side of 1."""
        if self.opset < _AXES_ARE_INPUTS[kind]:
            return self.op(kind, x, axes=[axis], keepdims=1)
        return self.op(kind, x, self.whole(axis), keepdims=1)

    def mish(self, x: Value) -> Value:
        """The operation where the opset has it, else spelled out."""
        if self.opset >= _MISH_SINCE:
            return self.op("Mish", x)
        return self.mul(x, self.op("Tanh", self.op("Softplus", x)))

    def shape_part(self, x: Value, start: int, end: int) -> Value:
        """Sides of x as int64, computed when it runs."""
        return self.slice(self.op("Shape", x), 0, start, end)

    def cast(self, x: Value, kind: type) -> Value:
        """x as float32, float16 or int64."""
        numbers = {np.float32: 1, np.int64: 7, np.float16: 10}
        return self.op("Cast", x, to=numbers[kind])

    def need_fixed(self, what: str) -> None:
        """UsageError for a layer that works at one size of the picture only."""
        if not self.fixed:
            raise UsageError(f"-size dynamic: {what} works at one size only; give -size WxH")

    def _pair(self, kind: str, x: Value, y: Value | float) -> Value:
        return self.op(kind, x, y if isinstance(y, str) else self.constant(float(y)))

    def _fresh(self, kind: str) -> str:
        base = f"{self.scope}/{kind}" if self.scope else kind
        self._counts[base] += 1
        return f"{base}_{self._counts[base]}" if self._counts[base] > 1 else base
