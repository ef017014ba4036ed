"""The page of `darkpy compare -report`: how much better B is, where, and in which pictures."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from darkpy.metrics.comparison import Comparison, Difference, above_words, verdict_words
from darkpy.metrics.intervals import LEVEL
from darkpy.view.report.document import (
    Figure,
    Side,
    cards_of,
    document,
    figures,
    heading,
    table,
)
from darkpy.view.report.svg import Whisker, whiskers

_MOST_CLASSES = 30  # with a whisker of their own; the table has all


def comparison_page(a: str, b: str, it: Comparison, changed: Sequence[Figure]) -> str:
    """The whole page. a, b: the files that were compared."""
    left_out = f"{it.left_out} in one only, left out" if it.left_out else ""
    facts = [("A", a), ("B", b), (f"{it.pictures} pictures", left_out)]
    return document(
        f"B is {verdict_words(it)}",
        [
            heading(f"B is {verdict_words(it)}", facts),
            *measured_parts(it),
            *pictures_parts(it, changed),
        ],
    )


def measured_parts(it: Comparison) -> list[str]:
    """The numbers: cards, and differences class by class."""
    title = "<h2>Difference, and what may be chance in it</h2>"
    return [_cards(it), title, _differences(it)]


def pictures_parts(it: Comparison, changed: Sequence[Figure]) -> list[str]:
    """The pictures that changed most, with what their colours mean."""
    return [
        f"<h2>The {len(changed)} pictures that changed most</h2>",
        '<p class="dim">Left A, right B. Green: right; red: wrong; yellow and dashed: missed. '
        f"Detections {above_words(it)}.</p>",
        figures(changed),
    ]


def changed_figure(change: Difference, sides: tuple[Side, Side]) -> Figure:
    """A picture as A and as B see it."""
    (right, wrong), (right_b, wrong_b) = change.before, change.after
    words = f"A {right} right, {wrong} wrong; B {right_b} right, {wrong_b} wrong"
    return Figure(change.picture, words, sides)


def _cards(it: Comparison) -> str:
    low, high = 100 * it.between.low, 100 * it.between.high
    return cards_of(
        [
            ("mAP of A", f"{it.maps[0]:.2%}"),
            ("mAP of B", f"{it.maps[1]:.2%}"),
            ("B - A, points", f"{100 * it.difference:+.2f}"),
            (f"{LEVEL:.0%} interval, points", f"{low:+.2f} to {high:+.2f}"),
        ]
    )


def _differences(it: Comparison) -> str:
    between = it.between
    rows = [_whisker("all classes", between.low, it.difference, between.high)]
    classes = sorted(it.classes, key=lambda one: -abs(one[2] - one[1]))[:_MOST_CLASSES]
    rows += [_whisker(name, its.low, b - a, its.high) for name, a, b, its in classes]
    note = (
        '<p class="dim">Points of average precision that B gains, and the middle '
        f"{LEVEL:.0%} of what it gains when the same pictures are drawn anew for both. An interval "
        "that holds 0 is no more than chance."
        + (f" The {_MOST_CLASSES} classes that changed most." * (len(it.classes) > len(classes)))
        + "</p>"
    )
    chart = whiskers(rows, title="B less A")
    return f'{note}<div class="two"><div>{chart}</div><div>{_class_table(it)}</div></div>'


def _whisker(name: str, low: float, value: float, high: float) -> Whisker:
    return Whisker(name, low, value, high, f"{100 * value:+.2f}")


def _class_table(it: Comparison) -> str:
    rows = []
    for name, a, b, between in it.classes:
        cells = (f"{a:.2%}", f"{b:.2%}", f"{100 * (b - a):+.2f}")
        low_high = (f"{100 * between.low:+.2f}", f"{100 * between.high:+.2f}")
        inner = "".join(f"<td>{cell}</td>" for cell in (*cells, *low_high))
        rows.append(f"<tr><td>{escape(name)}</td>{inner}</tr>")
    return table(["class", "AP of A", "AP of B", "B - A", "from", "to"], rows)
