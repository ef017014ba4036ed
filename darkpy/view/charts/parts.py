"""The parts of a loss over the iterations, whatever they are called."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from darkpy.training.history import Curves
from darkpy.view.charts.thinned import Thinned, thin

# The rest of Okabe and Ito's palette, which the other curves of the chart leave over.
COLOURS = ("#CC79A7", "#E69F00", "#56B4E9", "#000000", "#5A5A5A")
_DASHES = ("-", "--", ":")  # from the sixth part on, and from the eleventh
_WIDE_RANGE = 6.0  # from this ratio of highest to lowest value on, the axis is logarithmic
_MOST_DECADES = 5.0  # that a logarithmic axis spans


def known_parts(curves: Curves) -> dict[str, Thinned]:
    """The parts with any value to draw."""
    found = {name: thin(curves.iterations, values) for name, values in curves.parts.items()}
    return {name: curve for name, curve in found.items() if len(curve.at)}


def draw_parts(axes: Axes, parts: Mapping[str, Thinned]) -> None:
    """A curve for each part, and a legend with their names."""
    means = np.concatenate([curve.mean for curve in parts.values()])
    positive = means[means > 0]
    if len(positive) and positive.max() > _WIDE_RANGE * positive.min():
        top = float(positive.max())
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(numticks=4))
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.set_ylim(max(float(positive.min()) / 2, top / 10**_MOST_DECADES), 2 * top)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda loss, _: f"{loss:g}"))
    for number, (name, curve) in enumerate(parts.items()):
        turn, place = divmod(number, len(COLOURS))
        style = {"color": COLOURS[place], "linestyle": _DASHES[turn % len(_DASHES)]}
        marker = "o" if len(curve.at) == 1 else ""
        axes.plot(curve.at, curve.mean, label=name, linewidth=1.4, marker=marker, **style)
    axes.legend(loc="lower left", ncols=len(COLOURS), fontsize=9, framealpha=0.8)
    axes.set_ylabel("parts", fontsize=10)
    axes.tick_params(axis="y", labelsize=9)
    axes.tick_params(labelbottom=False)
