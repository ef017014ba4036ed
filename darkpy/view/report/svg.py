"""Charts of the report page as SVG text; colours come from the page's style."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from darkpy.view.draw import class_colour

_W, _H = 460, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 12, 12, 40
_LONGEST_NAME = 18  # letters that have room beside a whisker
_MOST_POINTS = 200  # of a line: more cannot be told apart
_TICKS = (0, 0.2, 0.4, 0.6, 0.8, 1)


@dataclass(frozen=True)
class Line:
    """A curve in the unit square: x and y (E,) each; number: the class's, for its colour."""

    name: str
    number: int
    x: np.ndarray
    y: np.ndarray


def curves(lines: Sequence[Line], *, across: str, up: str) -> str:
    """Curves over the unit square, with the names of both axes."""
    parts = [_frame(across, up)]
    for line in lines:
        kept = _thinned(len(line.x))
        points = " ".join(
            f"{_x(x):.1f},{_y(y):.1f}" for x, y in zip(line.x[kept], line.y[kept], strict=True)
        )
        parts.append(
            f'<polyline points="{points}" stroke="{colour(line.number)}">'
            f"<title>{escape(line.name)}</title></polyline>"
        )
    return _svg(parts, f"{up} over {across}")


def bars(values: Sequence[tuple[str, float, str]], *, title: str) -> str:
    """Horizontal bars: name, share 0 to 1 of the longest possible, what is written behind it."""
    height = 30
    width, left = _W, 110
    room = width - left - 120
    parts = []
    for number, (name, share, text) in enumerate(values):
        y = 6 + number * height
        long = 0.0 if math.isnan(share) else max(0.0, min(1.0, share)) * room
        parts.append(
            f'<text x="{left - 8}" y="{y + 15}" text-anchor="end">{escape(name)}</text>'
            f'<rect class="bar" x="{left}" y="{y}" width="{long:.1f}" height="20" rx="3"/>'
            f'<text x="{left + long + 6:.1f}" y="{y + 15}">{escape(text)}</text>'
        )
    return _svg(parts, title, width, 12 + len(values) * height)


@dataclass(frozen=True)
class Whisker:
    """A value with what holds it: `low` to `high`; shown: in words."""

    name: str
    low: float
    value: float
    high: float
    shown: str


def whiskers(values: Sequence[Whisker], *, title: str) -> str:
    """Dots with their intervals, a row each, around a line at 0."""
    reach = max(*(abs(end) for it in values for end in (it.low, it.value, it.high)), 1e-9)
    middle, half, height = 245, 115, 30
    tall = 12 + len(values) * height
    parts = [f'<line class="grid" x1="{middle}" x2="{middle}" y1="4" y2="{tall - 4}"/>']
    for number, it in enumerate(values):
        y = 8 + number * height + height / 2
        low, value, high = (middle + half * x / reach for x in (it.low, it.value, it.high))
        parts.append(
            f'<text x="4" y="{y + 4}">{escape(_short(it.name))}</text>'
            f'<line class="whisker" x1="{low:.1f}" x2="{high:.1f}" y1="{y}" y2="{y}"/>'
            f'<circle class="bar" cx="{value:.1f}" cy="{y}" r="4.5"/>'
            f'<text x="{_W - 4}" y="{y + 4}" text-anchor="end">{escape(it.shown)}</text>'
        )
    return _svg(parts, title, _W, tall)


def _short(name: str) -> str:
    return (
        name
        if len(name) <= _LONGEST_NAME
        else name[: _LONGEST_NAME - 1] + "\N{HORIZONTAL ELLIPSIS}"
    )


def colour(number: int) -> str:
    """Of a class, as on the pictures."""
    return "#" + "".join(f"{part:02x}" for part in class_colour(number))


def _frame(across: str, up: str) -> str:
    left, right, low, high = _x(0), _x(1), _y(0), _y(1)
    parts = []
    for tick in _TICKS:
        x, y = round(_x(tick)), round(_y(tick))
        parts.append(
            f'<line class="grid" x1="{x}" x2="{x}" y1="{low}" y2="{high}"/>'
            f'<line class="grid" x1="{left}" x2="{right}" y1="{y}" y2="{y}"/>'
            f'<text x="{x}" y="{low + 16}" text-anchor="middle">{tick:g}</text>'
            f'<text x="{left - 6}" y="{y + 4}" text-anchor="end">{tick:g}</text>'
        )
    middle, turned = (left + right) / 2, (low + high) / 2
    parts.append(f'<text x="{middle}" y="{_H - 6}" text-anchor="middle">{escape(across)}</text>')
    parts.append(
        f'<text transform="translate(12 {turned}) rotate(-90)" text-anchor="middle">'
        f"{escape(up)}</text>"
    )
    return "".join(parts)


def _x(share: float) -> float:
    return _LEFT + share * (_W - _LEFT - _RIGHT)


def _y(share: float) -> float:
    return _H - _BOTTOM - share * (_H - _TOP - _BOTTOM)


def _thinned(count: int) -> np.ndarray:
    """Places of at most _MOST_POINTS points, the first and the last among them."""
    return np.unique(np.linspace(0, count - 1, min(count, _MOST_POINTS)).round().astype(int))


def _svg(parts: Sequence[str], label: str, width: int = _W, height: int = _H) -> str:
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label)}">'
        f"{''.join(parts)}</svg>"
    )
