"""The page of `darkpy compare -report` for two trainings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from darkpy.metrics.comparison import Comparison
from darkpy.training.history import Curves
from darkpy.view.report.comparison import measured_parts, pictures_parts
from darkpy.view.report.document import Figure, cards_of, document, table
from darkpy.view.report.graph import COLOURS, Track, graph, top_of


@dataclass(frozen=True)
class RunSide:
    """One of the two: its line, best mAP and where, and its history."""

    headline: str
    best: float | None
    best_at: int | None
    curves: Curves | None


def runs_page(
    a: RunSide,
    b: RunSide,
    settings: Sequence[tuple[str, str, str]],
    words: str,
    measured: Comparison | None,
    changed: Sequence[Figure],
) -> str:
    """The whole page. settings: name, value in A, value in B. measured: of both best weights."""
    body = [
        "<h1>Two trainings</h1>",
        _headlines(a, b),
        _cards(a, b),
        f"<p>{escape(words)}</p>",
        "<h2>Loss and mAP over the iterations</h2>",
        _graphs(a, b),
        "<h2>What differs</h2>",
        _settings(settings),
    ]
    if measured is not None:
        body.append('<h1 style="margin-top:1.4em">Their best weights on the same pictures</h1>')
        body += measured_parts(measured)
        body += pictures_parts(measured, changed)
    return document("Two trainings", body)


def _headlines(a: RunSide, b: RunSide) -> str:
    lines = [
        f'<i class="dot" style="background:{colour}"></i>{letter} {escape(side.headline)}'
        for letter, side, colour in zip("AB", (a, b), COLOURS, strict=True)
    ]
    return f'<p class="dim" style="overflow-wrap:anywhere">{"<br>".join(lines)}</p>'


def _cards(a: RunSide, b: RunSide) -> str:
    cards = []
    for letter, side in zip("AB", (a, b), strict=True):
        at = "" if side.best_at is None else f" at {side.best_at}"
        value = "not measured" if side.best is None else f"{side.best:.2%}"
        cards.append((f"best mAP of {letter}{at}", value))
    if a.best is not None and b.best is not None:
        cards.append(("B - A, points", f"{100 * (b.best - a.best):+.2f}"))
    return cards_of(cards)


def _graphs(a: RunSide, b: RunSide) -> str:
    losses, maps = [], []
    for letter, side in zip("AB", (a, b), strict=True):
        none = np.zeros(0)
        at, averages, map50 = (
            (none, none, none)
            if side.curves is None
            else (side.curves.iterations, side.curves.averages, side.curves.map50)
        )
        finite, known = np.isfinite(averages), np.isfinite(map50)
        losses.append(Track(letter, at[finite], averages[finite]))
        maps.append(Track(letter, at[known], 100 * map50[known]))
    loss = graph(losses, top=top_of(losses), up="average loss")
    return f'<div class="two"><div>{loss}</div><div>{graph(maps, top=100, up="mAP, %")}</div></div>'


def _settings(settings: Sequence[tuple[str, str, str]]) -> str:
    if not settings:
        return '<p class="dim">No setting that the files tell of.</p>'
    rows = [
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in setting) + "</tr>"
        for setting in settings
    ]
    return table(["", "A", "B"], rows)
