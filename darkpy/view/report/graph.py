"""Curves of two trainings over their iterations as SVG text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

_W, _H = 460, 280
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 20, 12, 40
_MOST_POINTS = 400
_TICKS = 5
COLOURS = ("#2f6fed", "#e07a1f")  # of A and of B, told apart on light and dark ground


@dataclass(frozen=True)
class Track:
    """A curve: iterations and values (I,), none of them NaN."""

    name: str
    iterations: np.ndarray
    values: np.ndarray


def graph(tracks: Sequence[Track], *, top: float, up: str) -> str:
    """Two curves from 0 to `top`; what lies above is cut off."""
    reach = max((float(it.iterations[-1]) for it in tracks if len(it.iterations)), default=1.0)
    top = top if math.isfinite(top) and top > 0 else 1.0
    parts = [_frame(reach, top, up)]
    for track, colour in zip(tracks, COLOURS, strict=True):
        kept = _kept(len(track.iterations))
        points = " ".join(
            f"{_x(at / reach):.1f},{_y(min(value / top, 1.0)):.1f}"
            for at, value in zip(track.iterations[kept], track.values[kept], strict=True)
        )
        shape = f'<polyline points="{points}" stroke="{colour}">'
        parts.append(f"{shape}<title>{escape(track.name)}</title></polyline>")
        if len(kept) == 1:
            x, _, y = points.partition(",")
            parts.append(f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>')
    label = f"{escape(up)} over iterations"
    return f'<svg viewBox="0 0 {_W} {_H}" role="img" aria-label="{label}">{"".join(parts)}</svg>'


def top_of(tracks: Sequence[Track]) -> float:
    """A height that shows how curves end: the highest value after the first tenth of either."""
    late = [it.values[len(it.values) // 10 :] for it in tracks if len(it.values)]
    return 1.05 * max((float(part.max()) for part in late), default=1.0)


def _kept(count: int) -> np.ndarray:
    return np.unique(
        np.linspace(0, max(count - 1, 0), min(count, _MOST_POINTS)).round().astype(int)
    )


def _frame(reach: float, top: float, up: str) -> str:
    left, right, low, high = _x(0), _x(1), _y(0), _y(1)
    parts = []
    for number in range(_TICKS + 1):
        share = number / _TICKS
        x, y = _x(share), _y(share)
        parts.append(
            f'<line class="grid" x1="{left}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}"/>'
            f'<line class="grid" x1="{x:.1f}" y1="{low}" x2="{x:.1f}" y2="{high}"/>'
            f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{_short(share * top)}</text>'
            f'<text x="{x:.1f}" y="{low + 16}" text-anchor="middle">{_short(share * reach)}</text>'
        )
    middle = (low + high) / 2
    parts.append(
        f'<text x="{(left + right) / 2}" y="{_H - 6}" text-anchor="middle">iteration</text>'
        f'<text transform="translate(12 {middle}) rotate(-90)" text-anchor="middle">'
        f"{escape(up)}</text>"
    )
    return "".join(parts)


def _short(value: float) -> str:
    if value >= 10_000:
        return f"{value / 1000:.3g}k"
    return f"{value:.3g}" if value < 1000 else f"{value:.0f}"


def _x(share: float) -> float:
    return _LEFT + share * (_W - _LEFT - _RIGHT)


def _y(share: float) -> float:
    return _H - _BOTTOM - share * (_H - _TOP - _BOTTOM)
