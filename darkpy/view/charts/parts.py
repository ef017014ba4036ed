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
_NAMES = 0.3  # of the axis, above the curves: room for their names


def known_parts(curves: Curves) -> dict[str, Thinned]:
    """The parts with any value to draw."""
    found = {name: thin(curves.iterations, values) for name, values in curves.parts.items()}
    return {name: curve for name, curve in found.items() if len(curve.at)}


def draw_parts(axes: Axes, parts: Mapping[str, Thinned]) -> None:
    """A curve for each part, and a legend with their names."""
    _span(axes, np.concatenate([curve.mean for curve in parts.values()]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda loss, _: f"{loss:g}"))
    for number, (name, curve) in enumerate(parts.items()):
        turn, place = divmod(number, len(COLOURS))
        style = {"color": COLOURS[place], "linestyle": _DASHES[turn % len(_DASHES)]}
        marker = "o" if len(curve.at) == 1 else ""
        axes.plot(curve.at, curve.mean, label=name, linewidth=1.4, marker=marker, **style)
    style = {"ncols": len(COLOURS), "fontsize": 9, "frameon": False, "borderaxespad": 0.0}
    axes.legend(loc="upper left", **style)
    axes.set_ylabel("parts", fontsize=10)
    axes.tick_params(axis="y", labelsize=9)
    axes.tick_params(labelbottom=False)


def _span(axes: Axes, means: np.ndarray) -> None:
    """All values (I,), and room above them; logarithmic where they differ by a multiple."""
    positive = means[means > 0]
    if not len(positive):
        return
    low, high = float(positive.min()), float(positive.max())
    if high <= _WIDE_RANGE * low:
        axes.set_ylim(0, high / (1 - _NAMES))
        return
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(numticks=4))
    axes.yaxis.set_minor_formatter(NullFormatter())
    bottom = max(low / 2, high / 10**_MOST_DECADES)
    axes.set_ylim(bottom, bottom * (high / bottom) ** (1 / (1 - _NAMES)))
