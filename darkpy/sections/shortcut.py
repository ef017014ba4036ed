"""[shortcut]: the layer before plus one or several earlier ones, optionally weighted.

The residual connection of ResNet: what goes around a few layers is added to what went through.
"""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.cfg.options import key
from darkpy.sections.activation import ACTIVATION_NAMES
from darkpy.sections.base import SECTIONS, Array, LayerOptions, Place, Plan, Shape

WEIGHTS_TYPES = ("none", "per_feature", "per_layer", "per_channel")
WEIGHTS_NORMALIZATIONS = ("none", "relu", "avg_relu", "softmax")


@SECTIONS("shortcut")
@dataclass(frozen=True)
class Shortcut(LayerOptions):
    """Keys of [shortcut]; defaults from parse_shortcut() in Darknet's src/parser.c."""

    from_: tuple[int, ...] = key(
        (),
        "the layers that are added to the one before; negative counts back from here",
        note="Widths and heights must agree, channels need not: as in Darknet only the common ones "
        "are added.",
    )
    activation: str = key("linear", "the function on the sum", choices=ACTIVATION_NAMES)
    weights_type: str = key(
        "none",
        "trained factors on what is added: per_feature (the same as per_layer) one for each layer, "
        "per_channel one for each channel of each layer",
        choices=WEIGHTS_TYPES,
    )
    weights_normalization: str = key(
        "none",
        "how the factors are made to add up to 1: relu (the same as avg_relu) divides the positive "
        "ones by their sum",
        choices=WEIGHTS_NORMALIZATIONS,
    )

    def plan(self, place: Place) -> Plan:
        added = tuple(
            source for ref in self.from_ if (source := place.source("from", ref)) is not None
        )
        if not self.from_:
            place.error("from", "needs from=, the layer to add")
        sources = (place.index - 1, *added)
        inputs = (place.input, *(place.earlier[source].out for source in added))
        for source, shape in zip(added, inputs[1:], strict=True):
            if (shape.h, shape.w) != (place.input.h, place.input.w):
                place.error(
                    "from",
                    f"layer {source} is {shape.w}x{shape.h} px but the layer before is "
                    f"{place.input.w}x{place.input.h}: only equal sizes can be added",
                )
        out = place.input
        work = 1 if self.weights_type == "none" else 2
        bflops = work * len(added) * out.size / 1e9
        if self.weights_type != "none" and self.weights_normalization == "none":
            place.warning(
                "weights_type",
                f"weights_type={self.weights_type} without weights_normalization= is refused by "
                "the C program; here the inputs are multiplied as the factors are",
            )
        names = ", ".join(str(source) for source in added)
        row = f"Shortcut Layer: {names},  wt = {self._weights_code}, wn = {self._norm_code}, "
        row += f"outputs:{out.w:4d} x{out.h:4d} x{out.c:4d}"
        arrays = self._arrays(len(inputs), out)
        return place.plan(
            self, out, sources=sources, inputs=inputs, arrays=arrays, bflops=bflops, row=row
        )

    def _arrays(self, inputs: int, out: Shape) -> tuple[Array, ...]:
        if self.weights_type == "none":
            return ()
        per_input = out.c if self.weights_type == "per_channel" else 1
        return (Array("weights", (inputs, per_input)),)

    @property
    def _weights_code(self) -> int:
        return {"none": 0, "per_channel": 2}.get(self.weights_type, 1)

    @property
    def _norm_code(self) -> int:
        return {"none": 0, "softmax": 2}.get(self.weights_normalization, 1)
