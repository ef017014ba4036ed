"""The cloud: width and height of all boxes of a data set, with the anchors among them."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from darkpy.metrics.anchors import fit

# Grey, vermilion and blue of Okabe and Ito's palette, told apart with any colour vision.
BOX_COLOUR = "#8A8A8A"
FOUND_COLOUR = "#D55E00"
PRESENT_COLOUR = "#0072B2"
_GRID = "#E4E4E4"
_PAPER = {"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 1.0}

_INCHES = (9.0, 9.0)
_DPI = 100
_MOST_POINTS = 20_000  # more boxes than this are drawn as a sample of evenly spaced ones
_ROOM = 1.3  # between the outermost size and the border, as a factor
_TICKS = tuple(2.0**power for power in range(-6, 16))


def cloud_figure(
    wh: np.ndarray, found: np.ndarray, present: np.ndarray | None = None, *, title: str = ""
) -> Figure:
    """Draw sizes (N, 2) px, the anchors found for them (A, 2) px and the present ones, if any.

    Both axes are logarithmic: equal ways are equal overlaps there, whatever the size.
    """
    figure = Figure(figsize=_INCHES, dpi=_DPI, facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.09, 0.08, 0.88, 0.85))
    wh = wh[wh.prod(axis=1) > 0]
    shown = wh[:: max(1, -(-len(wh) // _MOST_POINTS))]
    size = float(np.clip(20_000 / max(1, len(shown)), 5, 40))
    label = f"{len(wh):,} boxes" + (f", {len(shown):,} of them drawn" * (len(shown) < len(wh)))
    axes.scatter(*shown.T, s=size, color=BOX_COLOUR, alpha=0.35, linewidths=0, label=label)
    if present is not None and len(present):
        _draw_anchors(axes, wh, present, "present anchors", PRESENT_COLOUR, marker="s", below=True)
    _draw_anchors(axes, wh, found, "new anchors", FOUND_COLOUR, marker="o", below=False)
    _span(axes, np.concatenate([sizes for sizes in (wh, found, present) if sizes is not None]))
    axes.set_title(title, loc="left", fontsize=13, fontweight="bold")
    legend = axes.legend(loc="upper left", fontsize=11, framealpha=0.9)
    legend.legend_handles[0].set(alpha=1, sizes=[40])  # a box's dot is too faint alone
    return figure


def _draw_anchors(
    axes: Axes,
    wh: np.ndarray,
    anchors: np.ndarray,
    name: str,
    colour: str,
    *,
    marker: str,
    below: bool,
) -> None:
    """Anchors with their sizes; the legend says how well they fit."""
    label = f"{name}, avg IoU {fit(wh, anchors).avg_iou:.1%}"
    axes.scatter(
        *anchors.T, s=70, marker=marker, color=colour, edgecolors="white", label=label, zorder=3
    )
    for w, h in anchors:
        axes.annotate(
            f"{w:.4g}x{h:.4g}" if w < 10 else f"{w:.0f}x{h:.0f}",
            (w, h),
            xytext=(-7, -12) if below else (7, 6),
            textcoords="offset points",
            ha="right" if below else "left",
            color=colour,
            fontsize=9,
            bbox=_PAPER,
            zorder=4,
        )


def _span(axes: Axes, shown: np.ndarray) -> None:
    """The same scale along both sides, in px, wide enough for all that is drawn."""
    if not len(shown):
        shown = np.ones((1, 2))
    axes.set_xscale("log")
    axes.set_yscale("log")
    for side, sizes in zip("xy", shown.T, strict=True):
        low, high = sizes.min() / _ROOM, sizes.max() * _ROOM
        axes.set(**{f"{side}lim": (low, high)})
        axis: Axis = getattr(axes, f"{side}axis")
        axis.set_major_locator(FixedLocator([px for px in _TICKS if low <= px <= high]))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda px, _: f"{px:g}"))
    axes.set_xlabel("width, network px", fontsize=11)
    axes.set_ylabel("height, network px", fontsize=11)
    axes.grid(True, color=_GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
