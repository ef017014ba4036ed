"""The chart of a training: loss, mAP and learning rate over the iterations."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from darkpy.events import time_words
from darkpy.files import replacing
from darkpy.training.history import Curves
from darkpy.view.charts.parts import draw_parts, known_parts
from darkpy.view.charts.thinned import thin

# Blue, vermilion and green of Okabe and Ito's palette, told apart with any colour vision.
LOSS_COLOUR = "#0072B2"
MAP_COLOUR = "#D55E00"
RATE_COLOUR = "#00785A"
_QUIET = "#5A5A5A"
_GRID = "#E4E4E4"
_PAPER = {"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 1.5}

_INCHES = (10.0, 7.0)
_DPI = 100
_SHOWN_SHARE = 0.9  # of the average losses: a tall beginning must not flatten the rest
_LEAST_BELOW = 0.2  # share of the averages below max_chart_loss that the axis ends there for
_WIDE_RANGE = 6.0  # from this ratio of highest to lowest shown loss on, the axis is logarithmic
_ROOM = 1.25  # above the highest and below the lowest loss
_LOWEST_LOSS = 5.0  # a loss of a single iteration is shown down to this part of all averages
_NONE = np.empty(0)
_SCORES = {"map50": "mAP", "top1": "top-1"}
_FEW_MAPS = 60  # more of them are drawn without a dot each


@dataclass(frozen=True)
class LossAxis:
    """What the axis of the loss spans, and how."""

    bottom: float
    top: float
    logarithmic: bool

    @classmethod
    def of(
        cls, averages: np.ndarray, max_loss: float = math.inf, losses: np.ndarray = _NONE
    ) -> LossAxis:
        """An axis on which the average losses (I,) fill the chart.

        It cuts off the tall tenth of them. It ends at max_loss if the latest one lies below that
        and with it enough others: a short training would have an empty chart.
        losses: of single iterations, (I,), of which the low ones are to be seen too, as far as they
        are not below all others by a multiple.
        """
        known = averages[np.isfinite(averages)]
        if not len(known) or known.max() <= 0:
            return cls(0.0, 1.0, False)
        top = _ROOM * float(np.quantile(known, _SHOWN_SHARE))
        top = max(top, _ROOM * float(known[-1]))
        if known[-1] < max_loss < top and (known < max_loss).mean() >= _LEAST_BELOW:
            top = max_loss
        low = float(known.min())
        if low <= 0 or top / low < _WIDE_RANGE * _ROOM:
            return cls(0.0, top, False)
        single = losses[np.isfinite(losses) & (losses > 0)].min(initial=low)
        return cls(max(float(single), low / _LOWEST_LOSS) / _ROOM, top, True)


def training_figure(
    curves: Curves,
    *,
    max_batches: int,
    title: str = "",
    max_loss: float = math.inf,
    left: str = "",
) -> Figure:
    """Draw a training up to now.

    title: name of the cfg. max_loss: the loss axis reaches no further, unless the latest average
    does ([net] max_chart_loss=). left: the time left, in words.
    """
    figure = Figure(figsize=_INCHES, dpi=_DPI, facecolor="white")
    FigureCanvasAgg(figure)
    parts = known_parts(curves)
    heights = (7, 2, 1) if parts else (7, 1)
    grid = figure.add_gridspec(
        len(heights),
        1,
        height_ratios=heights,
        hspace=0.08,
        left=0.075,
        right=0.925,
        top=0.88,
        bottom=0.085,
    )
    losses = figure.add_subplot(grid[0])
    rates = figure.add_subplot(grid[-1], sharex=losses)
    losses.set_xlim(0, shown_iterations(curves, max_batches))
    losses.tick_params(labelbottom=False)
    _draw_losses(losses, curves, max_loss)
    _draw_maps(losses, curves)
    _draw_rates(rates, curves, max_batches)
    if parts:
        below = figure.add_subplot(grid[1], sharex=losses)
        draw_parts(below, parts)
        _grid(below)
    figure.text(0.075, 0.95, title, fontsize=15, fontweight="bold")
    figure.text(0.075, 0.905, _status(curves, max_batches, left), fontsize=11.5)
    return figure


def save_figure(figure: Figure, *paths: str | Path) -> None:
    """Write a figure as PNG, whole or not at all, to each of the paths."""
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png")
    for path in paths:
        with replacing(path) as file:
            file.write(drawn.getbuffer())


def shown_iterations(curves: Curves, max_batches: int) -> int:
    """Where the chart ends: max_batches, or a half, a quarter, ... of it while that is enough."""
    done = curves.iterations[-1] if len(curves) else 0
    end = max(max_batches, done, 2)
    while end >= 2 * max(done, 50):
        end /= 2
    return math.ceil(end)


def _draw_losses(axes: Axes, curves: Curves, max_loss: float) -> None:
    span = LossAxis.of(curves.averages, max_loss, curves.losses)
    if span.logarithmic:
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda loss, _: f"{loss:g}"))
    axes.set_ylim(span.bottom, span.top)
    # Far outside of the axes rather than at 0, which a logarithm does not reach.
    floor = span.bottom / 10
    raw = thin(curves.iterations, curves.losses)
    low, high = np.maximum(raw.low, floor), np.maximum(raw.high, floor)
    axes.fill_between(raw.at, low, high, color=LOSS_COLOUR, alpha=0.22, linewidth=0.8)
    average = thin(curves.iterations, curves.averages)
    style = {"color": LOSS_COLOUR, "linewidth": 2.2, "marker": "o" if len(curves) == 1 else ""}
    axes.plot(average.at, np.maximum(average.mean, floor), **style)
    scale = "average loss, band: loss of each iteration"
    axes.set_ylabel(scale, color=LOSS_COLOUR, fontsize=11)
    axes.tick_params(axis="y", labelcolor=LOSS_COLOUR, labelsize=10.5)
    _grid(axes)
    highest = np.nanmax(curves.averages, initial=-math.inf)
    if span.top < highest < math.inf:
        note = f"▲ the average begins at {highest:.4g}"
        style = {"va": "top", "color": _QUIET, "fontsize": 10, "bbox": _PAPER}
        axes.text(0.012, 0.975, note, transform=axes.transAxes, **style)


def _draw_maps(losses: Axes, curves: Curves) -> None:
    """mAP in per cent on an axis of its own at the right, the best one marked."""
    known = np.isfinite(curves.map50)
    if not known.any():
        return
    at, percent = curves.iterations[known], 100 * curves.map50[known]
    axes = losses.twinx()
    marker = "o" if len(at) <= _FEW_MAPS else ""
    axes.plot(
        at, percent, color=MAP_COLOUR, linewidth=1.8, marker=marker, markersize=4, clip_on=False
    )
    best = int(np.argmax(percent))
    if percent[best] > 0:
        _mark_best(losses, axes, at[best], percent[best])
    axes.set_ylim(0, 100)
    axes.yaxis.set_major_locator(MaxNLocator(10))
    axes.set_ylabel(f"{_SCORES[curves.score]}, %", color=MAP_COLOUR, fontsize=11)
    axes.tick_params(axis="y", labelcolor=MAP_COLOUR, labelsize=10.5)
    axes.spines["top"].set_visible(False)


def _mark_best(losses: Axes, axes: Axes, at: float, percent: float) -> None:
    """A star at the best mAP, with its number and iteration."""
    star = {"marker": "*", "markersize": 16, "color": MAP_COLOUR, "mec": "white"}
    axes.plot(at, percent, clip_on=False, **star)
    middle = sum(losses.get_xlim()) / 2
    axes.annotate(
        f"best {percent:.1f} % at {at:,.0f}",
        (at, percent),
        xytext=(0, 11 if percent < 90 else -20),
        textcoords="offset points",
        ha="right" if at > middle else "left",
        color=MAP_COLOUR,
        fontsize=11.5,
        fontweight="bold",
        bbox=_PAPER,
    )


def _draw_rates(axes: Axes, curves: Curves, max_batches: int) -> None:
    rates = thin(curves.iterations, curves.rates)
    axes.plot(rates.at, rates.mean, color=RATE_COLOUR, linewidth=1.6)
    highest = float(rates.high.max(initial=0)) or 1.0
    axes.set_ylim(0, 1.15 * highest)
    axes.set_yticks((0, highest), ("0", f"{highest:.3g}"))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda iteration, _: f"{iteration:,.0f}"))
    # Where the curve is not: a short training ends while its rate still rises.
    x, side = (0.988, "right") if rates.mean[-1:].sum() < highest / 2 else (0.012, "left")
    place = {"transform": axes.transAxes, "ha": side, "va": "center", "bbox": _PAPER}
    axes.text(x, 0.5, "learning rate", color=RATE_COLOUR, fontsize=10, **place)
    axes.tick_params(axis="y", labelcolor=RATE_COLOUR, labelsize=9)
    axes.tick_params(axis="x", labelsize=10.5)
    axes.set_xlabel(f"iteration, of {max_batches:,}", fontsize=11)
    _grid(axes)


def _grid(axes: Axes) -> None:
    axes.grid(True, color=_GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _status(curves: Curves, max_batches: int, left: str) -> str:
    """The numbers of the latest iteration in one line."""
    if not len(curves):
        return "no iteration is finished yet"
    parts = [
        f"iteration {curves.iterations[-1]:,.0f} of {max_batches:,}",
        f"average loss {curves.averages[-1]:.4g}",
        f"rate {curves.rates[-1]:.3g}",
    ]
    maps = curves.map50[np.isfinite(curves.map50)]
    if len(maps):
        parts.append(f"{_SCORES[curves.score]} {maps[-1]:.1%}")
    parts.append(f"{time_words(float(np.nansum(curves.seconds)))} spent")
    if left:
        parts.append(f"{left} left")
    return "   ".join(parts)
