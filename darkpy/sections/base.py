"""The values that every section kind is planned with: shapes, arrays, places."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, ClassVar, NamedTuple

from darkpy.cfg.net import NetOptions
from darkpy.cfg.options import key
from darkpy.cfg.reader import Section
from darkpy.errors import Findings
from darkpy.registry import Registry
from darkpy.sections.head import HeadFacts

SECTIONS: Registry[type[LayerOptions]] = Registry("layer")

FLOAT_BYTES = 4
NORM_ARRAYS = ("scales", "rolling_mean", "rolling_variance")  # of batch norm, beside its biases


class Shape(NamedTuple):
    """Channels, height and width of one picture's features."""

    c: int
    h: int
    w: int

    @property
    def size(self) -> int:
        return self.c * self.h * self.w


class Window(NamedTuple):
    """What slides over the picture, height and width: pixels seen at once, pixels moved on.

    size_hw: infinite where the whole picture is seen. step_hw: below 1 where the picture grows.
    """

    size_hw: tuple[float, float]
    step_hw: tuple[float | Fraction, float | Fraction] = (1, 1)


WHOLE_PICTURE = Window((math.inf, math.inf))


@dataclass(frozen=True)
class Array:
    """A run of float32 values in the weights file."""

    name: str
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        return math.prod(self.shape)


@dataclass(frozen=True)
class Plan:
    """One section, understood: what it reads, what it gives, what it stores.

    sources: indices of the layers it reads; -1 is the network's input.
    arrays: its values in the order of the weights file.
    row: its line in Darknet's build table, without the index.
    net: the options of [net].
    parts: the plans of the layers it is made of, by name, as recurrent layers have them.
    windows: what slides over the picture, one after the other; none for a layer that computes
    each pixel from its own place.
    kept: float32 values that training keeps for the way back, besides the output.
    passes_on: the output is the input's own memory in inference. group: all heads of its detector.
    """

    index: int
    section: Section
    options: Any
    sources: tuple[int, ...]
    inputs: tuple[Shape, ...]
    out: Shape
    arrays: tuple[Array, ...] = ()
    bflops: float = 0.0
    row: str = ""
    net: NetOptions = field(default_factory=NetOptions)
    parts: Mapping[str, Plan] = field(default_factory=dict)
    windows: tuple[Window, ...] = ()
    kept: int = 0
    passes_on: bool = False
    group: tuple[int, ...] = ()

    @property
    def kind(self) -> str:
        return self.section.kind

    @property
    def weights(self) -> int:
        """Float32 values of this layer in the weights file."""
        return sum(array.size for array in self.arrays)

    def loads(self, array: Array) -> bool:
        """Whether a file for this cfg holds one of `arrays`; whole files hold all of them.

        By load_weights_upto() in Darknet's src/parser.c; dontloadscales= is for convolutions and
        matrices with batch norm, not for [batchnorm] and not for the parts of recurrent layers.
        """
        if self.options.dontload:
            return False
        scales = array.name in NORM_ARRAYS and any(a.name == "weights" for a in self.arrays)
        return not (scales and self.options.dontloadscales)

    @property
    def loaded(self) -> tuple[Array, ...]:
        """The arrays that are read from a file: dontload and dontloadscales leave some out."""
        return tuple(array for array in self.arrays if self.loads(array))


@dataclass(frozen=True)
class Place:
    """Where a section stands: what came before it, and where to report what is wrong with it.

    earlier: the plans before this one. input: output shape of the one right before. group: Plan's.
    """

    index: int
    section: Section
    net: NetOptions
    earlier: Sequence[Plan]
    input: Shape
    findings: Findings
    group: tuple[int, ...] = ()

    def error(self, name: str, message: str, right: object = None) -> None:
        """Report what makes this section unusable, at the line of the key `name`.

        right: the value that the key should have, where there is only one.
        """
        self._report("error", name, message, right)

    def warning(self, name: str, message: str, right: object = None) -> None:
        """Report what is probably not meant, as `error` does."""
        self._report("warning", name, message, right)

    def _report(self, severity: str, name: str, message: str, right: object) -> None:
        section = self.section
        fix = None if right is None else section.fix(name, right)
        text = f"[{section.kind}] {message}"
        self.findings.add(severity, section.source, section.line_of(name), text, fix)

    def source(self, name: str, reference: int) -> int | None:
        """The layer a `layers=` or `from=` number points at; None (and an error) if there is none.

        Negative numbers count back from this layer.
        """
        target = self.index + reference if reference < 0 else reference
        if 0 <= target < self.index:
            return target
        last = self.index - 1
        right = f"-1 to -{self.index} or 0 to {last}" if self.index else "nothing: it is the first"
        message = f"{name}={reference} is no earlier layer; layer {self.index} can reach {right}"
        self.error(name, message)
        return None

    def plan(self, options: Any, out: Shape, **facts: Any) -> Plan:
        """A plan for this place; it reads the layer before it unless `sources` says otherwise."""
        facts.setdefault("sources", (self.index - 1,))
        facts.setdefault("inputs", (self.input,))
        facts.update(net=self.net, group=self.group)
        return Plan(self.index, self.section, options, out=out, **facts)

    def part(self, options: LayerOptions, shape: Shape) -> Plan:
        """The plan of a layer inside of this one that reads features of the given shape."""
        return options.plan(replace(self, input=shape))


@dataclass(frozen=True)
class LayerOptions:
    """Keys that every layer knows; defaults from parse_network_cfg_custom(), src/parser.c.

    head: what the layer is like as a head, None if nothing is trained towards its output.
    """

    head: ClassVar[HeadFacts | None] = None

    stopbackward: int = key(
        0,
        "1: this layer and all before it are frozen, which makes training on little data fast and "
        "safe; more: frozen until that iteration",
        minimum=0,
        note="darkpy freezes cleanly: no gradient, no weight decay, rolling statistics kept. "
        "Darknet still decays the weights of the marked layer.",
    )
    onlyforward: bool = key(
        False, "1: no gradient reaches this layer, nor through it those before it"
    )
    dont_update: int = key(
        0,
        "this layer's weights are not trained up to this iteration; a large number is for ever",
        minimum=0,
        note="1 spares only the first iteration, as in Darknet.",
    )
    burnin_update: int = key(
        0,
        "this layer's weights are not trained in the first burn_in times this many iterations",
        minimum=0,
        note="Darknet lets their gradients pile up and takes them all in one step afterwards.",
    )
    train_only_bn: bool = key(
        False,
        "1: nothing is trained in this layer and all before it but the rolling statistics of "
        "batch norm",
    )
    dontload: bool = key(
        False,
        "1: this layer's weights are not in the weights file that is loaded; they begin at random",
        note="Files that are written have them all the same, as Darknet's do; darkpy reads such a "
        "file in step, and takes them from it except at the start of a training.",
    )
    dontloadscales: bool = key(
        False, "1: scales and statistics of this layer's batch norm are not in the weights file"
    )
    learning_rate: float = key(1.0, "factor on learning_rate= of [net] for this layer", minimum=0)
    clip: float = key(
        0.0, "weights are cut to between -clip and clip after each step; 0 is no limit", minimum=0
    )
    show_receptive_field: int = key(
        0, "print the receptive field", inert="`darkpy net` always prints it"
    )

    def plan(self, place: Place) -> Plan:
        """What this section is at its place; mistakes go to `place.error`."""
        raise NotImplementedError

    def stops(self, iteration: int) -> bool:
        """Whether the gradient ends here in this iteration, counted from 1.

        backward_network_gpu() in Darknet's src/ counts the iterations that are done.
        """
        return self.stopbackward == 1 or self.stopbackward >= iteration > 0

    def updates(self, iteration: int, burn_in: int) -> bool:
        """Whether the optimizer moves this layer in this iteration: update_network_gpu()."""
        waits = self.dont_update >= iteration or self.burnin_update * burn_in > iteration
        return not (waits or self.train_only_bn)


def sides(before: Shape, after: Shape) -> str:
    """`w x h x c -> w x h x c` as Darknet's table has it."""
    return (
        f"{before.w:4d} x{before.h:4d} x{before.c:4d} -> {after.w:4d} x{after.h:4d} x{after.c:4d}"
    )


def joined(parts: Mapping[str, Plan]) -> tuple[Array, ...]:
    """The arrays of several parts one after the other, as `part.array`."""
    return tuple(
        Array(f"{name}.{array.name}", array.shape)
        for name, part in parts.items()
        for array in part.arrays
    )
