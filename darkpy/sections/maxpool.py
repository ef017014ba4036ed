"""[maxpool]: the largest value under a window."""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.cfg.options import key
from darkpy.sections.base import SECTIONS, LayerOptions, Place, Plan, Shape, sides


@SECTIONS("maxpool", "max")
@dataclass(frozen=True)
class Maxpool(LayerOptions):
    """Keys of [maxpool]; defaults from parse_maxpool() in Darknet's src/parser.c."""

    stride: int = key(1, "step of the window, px", minimum=1)
    size: int | None = key(None, "side of the window, px; default stride=", minimum=1)
    padding: int | None = key(None, "sum of both margins, px; default size-1", minimum=0)
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

    def plan(self, place: Place) -> Plan:
        c, h, w = place.input
        step_y, step_x = self.steps
        out = Shape(
            c,
            (h + self.margins - self.window) // step_y + 1,
            (w + self.margins - self.window) // step_x + 1,
        )
        if min(out) < 1:
            place.error("size", f"size={self.window} does not fit into {w}x{h} px")
        if self.margins >= 2 * self.window:
            place.error("padding", f"padding={self.margins} leaves windows without any pixel")
        bflops = self.window**2 * out.size / 1e9
        step = f"{step_x:2d}" if step_x == step_y else f"{step_x}x{step_y}"
        kernel = f"{self.window:2d}x{self.window:2d}/{step}"
        row = f"max                {kernel}   {sides(place.input, out)}"
        return place.plan(self, out, bflops=bflops, row=row)
