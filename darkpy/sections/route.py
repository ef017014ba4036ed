"""[route]: earlier outputs, or a group of their channels, one after the other.

With one layer it goes back to that layer's output, with several it joins their channels. How
branches begin and end.
"""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.cfg.options import key
from darkpy.sections.base import SECTIONS, LayerOptions, Place, Plan, Shape


@SECTIONS("route")
@dataclass(frozen=True)
class Route(LayerOptions):
    """Keys of [route]; defaults from parse_route() in Darknet's src/parser.c."""

    layers: tuple[int, ...] = key(
        (),
        "the layers whose outputs are joined, in this order; negative counts back from here, "
        "others are layer numbers from 0",
        note="Inserting or removing a layer shifts the numbers that are not negative. All must "
        "have one width and height.",
    )
    groups: int = key(1, "each layer's channels are cut into so many equal groups", minimum=1)
    group_id: int = key(0, "the group that is taken, from 0", minimum=0)

    def plan(self, place: Place) -> Plan:
        sources = tuple(
            source for ref in self.layers if (source := place.source("layers", ref)) is not None
        )
        if not self.layers:
            place.error("layers", "needs layers=, the layers to join")
        if not sources:
            return place.plan(self, place.input)
        inputs = tuple(place.earlier[source].out for source in sources)
        self._check(place, sources, inputs)
        first = inputs[0]
        out = Shape(sum(shape.c // self.groups for shape in inputs), first.h, first.w)
        part = f"{self.group_id}/{self.groups}" if self.groups > 1 else ""
        names = f"{' '.join(str(source) for source in sources)} "
        row = f"route  {names:32s}{part:>7s} -> {out.w:4d} x{out.h:4d} x{out.c:4d}"
        alone = len(sources) == 1
        return place.plan(self, out, sources=sources, inputs=inputs, row=row, passes_on=alone)

    def _check(self, place: Place, sources: tuple[int, ...], inputs: tuple[Shape, ...]) -> None:
        first = inputs[0]
        for source, shape in zip(sources, inputs, strict=True):
            if (shape.h, shape.w) != (first.h, first.w):
                place.error(
                    "layers",
                    f"layer {source} is {shape.w}x{shape.h} px but layer {sources[0]} is "
                    f"{first.w}x{first.h}: joined layers must be of one size",
                )
            if shape.c % self.groups:
                message = f"groups={self.groups} does not divide layer {source}'s {shape.c}"
                place.error("groups", f"{message} channels")
        if self.group_id >= self.groups:
            place.error(
                "group_id",
                f"group_id={self.group_id} but the groups are 0 to {self.groups - 1}",
            )
