"""[convolutional]: a convolution, batch norm, an activation."""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.cfg.options import key
from darkpy.sections.activation import ACTIVATION_NAMES
from darkpy.sections.base import SECTIONS, Array, LayerOptions, Place, Plan, Shape, sides

_LARGEST_FILTERS = 2**17


@SECTIONS("convolutional", "conv")
@dataclass(frozen=True)
class Convolutional(LayerOptions):
    """Keys of [convolutional]; defaults from parse_convolutional() in Darknet's src/parser.c."""

    filters: int = key(1, "output channels", minimum=1, maximum=_LARGEST_FILTERS)
    groups: int = key(1, "input and output channels are cut into so many groups", minimum=1)
    size: int = key(1, "side of the kernel, px", minimum=1, maximum=255)
    stride: int = key(1, "step of the kernel, px", minimum=1)
    stride_x: int | None = key(None, "horizontal step where it differs from stride=")
    stride_y: int | None = key(None, "vertical step where it differs from stride=")
    dilation: int = key(1, "distance of the kernel's taps; not used by size=1", minimum=1)
    pad: bool = key(False, "1: a margin of size/2 px of zeros, and padding= is not used")
    padding: int = key(0, "margin of zeros, px", minimum=0)
    activation: str = key("logistic", "what follows", choices=ACTIVATION_NAMES)
    batch_normalize: int = key(0, "1 batch norm, 2 cross-iteration batch norm", minimum=0)

    @property
    def step_x(self) -> int:
        """Horizontal stride; a value below 1 falls back on `stride`, as in the C program."""
        return self.stride_x if self.stride_x and self.stride_x > 0 else self.stride

    @property
    def step_y(self) -> int:
        """Vertical stride; a value below 1 falls back on `stride`."""
        return self.stride_y if self.stride_y and self.stride_y > 0 else self.stride

    @property
    def reach(self) -> int:
        """Distance between the kernel's taps in effect: `dilation` is ignored when size=1."""
        return 1 if self.size == 1 else self.dilation

    @property
    def margin(self) -> int:
        """Zeros on each side before dilation, px."""
        return self.size // 2 if self.pad else self.padding

    def plan(self, place: Place) -> Plan:
        c, h, w = place.input
        out = Shape(
            self.filters,
            (h + 2 * self.margin - self.size) // self.step_y + 1,
            (w + 2 * self.margin - self.size) // self.step_x + 1,
        )
        self._check(place, out)
        arrays = self._arrays(c)
        taps = arrays[-1].size
        bflops = 2.0 * taps * out.h * out.w / 1e9
        return place.plan(self, out, arrays=arrays, bflops=bflops, row=self._row(place.input, out))

    def _check(self, place: Place, out: Shape) -> None:
        if place.input.c % self.groups or self.filters % self.groups:
            place.error(
                "groups",
                f"groups={self.groups} divides neither or only one of the {place.input.c} input "
                f"channels and filters={self.filters}",
            )
        if min(out) < 1:
            place.error(
                "size",
                f"size={self.size} does not fit into {place.input.w}x{place.input.h} px with a "
                f"margin of {self.margin}",
            )
        if self.reach > 1 and 2 * self.margin != self.size - 1:
            place.error("dilation", f"dilation={self.dilation} needs an odd size= and pad=1")

    def _arrays(self, channels: int) -> tuple[Array, ...]:
        n = self.filters
        kernel = Array("weights", (n, max(1, channels // self.groups), self.size, self.size))
        if not self.batch_normalize:
            return Array("biases", (n,)), kernel
        norm = tuple(Array(name, (n,)) for name in ("scales", "rolling_mean", "rolling_variance"))
        return Array("biases", (n,)), *norm, kernel

    def _row(self, before: Shape, after: Shape) -> str:
        groups = f"/{self.groups:4d} " if self.groups > 1 else "      "
        x, y = self.step_x, self.step_y
        step = f"{x}" if x == y else f"{x}x{y}"
        dilation = f"({self.reach})" if self.reach > 1 else "   "
        kernel = f"{self.size:2d} x{self.size:2d}/{step:>2s}{dilation}"
        return f"conv  {self.filters:5d} {groups} {kernel} {sides(before, after)}"
