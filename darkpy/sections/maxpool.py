"""[maxpool]: the largest value under a window.

Halves the picture with size=2 and stride=2; with stride=1 and size 5, 9, 13 side by side it is
spatial pyramid pooling (SPP), which keeps the size and widens the view.
"""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.cfg.options import key
from darkpy.sections.antialiasing import blur_window, blurred
from darkpy.sections.base import SECTIONS, LayerOptions, Place, Plan, Shape, Window, sides

_INDEX_FLOATS = 2  # torch keeps where each largest value was, in 64 bits


@dataclass(frozen=True)
class Pooling(LayerOptions):
    """The keys that [maxpool] and [local_avgpool] share."""

    stride: int = key(1, "step of the window, px; 2 halves width and height", minimum=1)
    size: int | None = key(None, "side of the window, px; default stride=", minimum=1)
    padding: int | None = key(
        None,
        "both margins together, px, so that windows may reach over the border; default size-1, "
        "which keeps the size",
        minimum=0,
    )
    stride_x: int | None = key(None, "horizontal step; default stride=", minimum=1)
    stride_y: int | None = key(None, "vertical step; default stride=", minimum=1)

    @property
    def window(self) -> int:
        return self.stride if self.size is None else self.size

    @property
    def margins(self) -> int:
        """Both margins together, px; the left and upper one is the smaller half."""
        return self.window - 1 if self.padding is None else self.padding

    @property
    def steps(self) -> tuple[int, int]:
        """Vertical and horizontal step."""
        return self.stride_y or self.stride, self.stride_x or self.stride

    def pooled(self, place: Place, steps: tuple[int, int]) -> Shape:
        """What is left after the window went over the input; mistakes go to `place.error`."""
        c, h, w = place.input
        out = Shape(
            c,
            (h + self.margins - self.window) // steps[0] + 1,
            (w + self.margins - self.window) // steps[1] + 1,
        )
        if min(out) < 1:
            place.error("size", f"size={self.window} does not fit into {w}x{h} px")
        if self.margins >= 2 * self.window:
            place.error("padding", f"padding={self.margins} leaves windows without any pixel")
        return out

    def sliding(self, steps: tuple[int, int]) -> Window:
        """The window with these steps."""
        return Window((self.window, self.window), steps)

    def row(self, name: str, before: Shape, after: Shape) -> str:
        """The line of the build table."""
        (y, x), size = self.steps, self.window
        if x != y:
            return f"{name:17s}{size:2d}x{size:2d}/{x:2d}x{y:2d} {sides(before, after)}"
        return f"{name:18s}{size:2d}x{size:2d}/{x:2d}   {sides(before, after)}"


@SECTIONS("maxpool", "max")
@dataclass(frozen=True)
class Maxpool(Pooling):
    """Keys of [maxpool]; defaults from parse_maxpool() in Darknet's src/parser.c."""

    maxpool_depth: bool = key(
        False, "1: the largest of several channels at each pixel, in place of a window"
    )
    out_channels: int = key(1, "maxpool_depth=1: channels that are left", minimum=1)
    antialiasing: int = key(0, "1: a stride is taken by a 3x3 blur, 2: by a 2x2 mean", minimum=0)
    maxpool_zero_nonmax: bool = key(
        False, "1: the picture keeps its size, and what is not the largest of its window becomes 0"
    )

    @property
    def kernel_steps(self) -> tuple[int, int]:
        """Vertical and horizontal step of the window itself: the blur takes them over."""
        return (1, 1) if self.antialiasing else self.steps

    def plan(self, place: Place) -> Plan:
        if self.maxpool_depth:
            return self._depth_plan(place)
        inner = self.pooled(place, self.kernel_steps)
        if self.maxpool_zero_nonmax and inner != place.input:
            place.error(
                "maxpool_zero_nonmax",
                f"maxpool_zero_nonmax=1 needs windows that keep the size: stride=1, an odd size= "
                f"and no padding=; now {place.input.w}x{place.input.h} becomes {inner.w}x{inner.h}",
            )
        out = blurred(inner, self.antialiasing, self.steps) if self.antialiasing else inner
        bflops = self.window**2 * inner.size / 1e9
        return place.plan(
            self,
            out,
            bflops=bflops,
            row=self.row("max", place.input, out),
            windows=(self.sliding(self.kernel_steps), *blur_window(self.antialiasing, self.steps)),
            kept=_INDEX_FLOATS * inner.size,
        )

    def _depth_plan(self, place: Place) -> Plan:
        c, h, w = place.input
        if self.out_channels > c:
            place.error("out_channels", f"out_channels={self.out_channels} of only {c} channels")
        out = Shape(self.out_channels, h, w)
        bflops = self.window**2 * place.input.size / 1e9
        return place.plan(self, out, bflops=bflops, row=self.row("max-depth", place.input, out))
