"""From a measurement to the text of the report page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from darkpy.metrics.error_split import KINDS
from darkpy.metrics.intervals import LEVEL
from darkpy.metrics.report import MapReport, percent
from darkpy.metrics.study import Study
from darkpy.view.report.document import Figure, Side, cards_of, document, figures, heading, table
from darkpy.view.report.svg import Line, bars, colour, curves

_MOST_CLASSES = 30  # of a confusion matrix that can still be read


@dataclass(frozen=True)
class Worst:
    """A picture with many mistakes, with what is there and what was found.

    The JPEGs are small ones to embed; the page links to files of these names beside it.
    """

    name: str
    wrong: int
    missed: int
    truth_jpeg: bytes
    found_jpeg: bytes
    truth_file: str
    found_file: str


def page(
    report: MapReport,
    study: Study,
    confusion: np.ndarray,
    *,
    names: Sequence[str],
    title: str,
    facts: Sequence[tuple[str, str]],
    worst: Sequence[Worst],
) -> str:
    """The whole page. confusion (K + 1, K + 1): of metrics.confusion. facts: name and value."""
    body = [
        heading(title, facts),
        _cards(report, study),
        "<h2>Classes</h2>",
        _class_table(report, study, names),
        "<h2>Precision and recall, and F1 over the threshold</h2>",
        _curves(report, names),
        "<h2>Mistakes, and sizes of objects</h2>",
        _bars(report, study),
        "<h2>What is taken for what</h2>",
        _confusion_table(confusion, names, report),
        "<h2>Does a probability hold what it promises?</h2>",
        _calibration_table(study),
        f"<h2>The {len(worst)} pictures with most mistakes</h2>",
        _pictures(worst),
    ]
    return document(title, body)


def _cards(report: MapReport, study: Study) -> str:
    c, between = report.coco, study.interval
    cards = [
        (f"mAP@{report.iou_thresh:.2f}", percent(report.mean_average_precision)),
        (f"{LEVEL:.0%} interval", f"{100 * between.low:.1f} to {100 * between.high:.1f} %"),
        ("COCO AP", percent(c.ap)),
        ("COCO AP50", percent(c.ap50)),
        ("COCO AP75", percent(c.ap75)),
        ("VOC 2007", percent(study.voc.voc2007)),
        (f"precision at {report.conf_thresh:g}", f"{report.precision:.2f}"),
        (f"recall at {report.conf_thresh:g}", f"{report.recall:.2f}"),
        ("average IoU", percent(report.average_iou)),
    ]
    return cards_of(cards)


def _class_table(report: MapReport, study: Study, names: Sequence[str]) -> str:
    head = ["class", "objects", "AP", "precision", "recall", "F1", "IoU", "TP", "FP", "FN"]
    rows = []
    for k, (name, it) in enumerate(zip(names, study.classes, strict=True)):
        shares = (it.precision, it.recall, it.f1_score, it.average_iou)
        best = "none" if math.isnan(it.best_thresh) else f"{it.best_f1:.2f} at {it.best_thresh:.2f}"
        cells = [str(it.objects), percent(it.average_precision), *(f"{s:.2f}" for s in shares)]
        cells += [str(it.tp), str(it.fp), str(it.fn), best]
        rows.append(
            f'<tr><td><i class="dot" style="background:{colour(k)}"></i>{escape(name)}</td>'
            + "".join(f"<td>{cell}</td>" for cell in cells)
            + "</tr>"
        )
    return table([*head, "best F1"], rows)


def _curves(report: MapReport, names: Sequence[str]) -> str:
    precision, f1 = [], []
    for k, (name, it) in enumerate(zip(names, report.classes, strict=True)):
        c = it.curve
        if len(c.recall):
            precision.append(Line(name, k, c.recall, c.precision))
            f1.append(Line(name, k, c.probs, c.f1))
    return (
        '<div class="two">'
        + curves(precision, across="recall", up="precision")
        + curves(f1, across="threshold", up="F1")
        + "</div>"
    )


def _bars(report: MapReport, study: Study) -> str:
    errors, c = study.errors, report.coco
    most = max(*errors.gains.values(), 1e-9)
    mistakes = [
        (kind, errors.gains[kind] / most, f"{percent(errors.gains[kind])} ({errors.counts[kind]})")
        for kind in KINDS
    ]
    sizes = [
        (name, share, percent(share))
        for name, share in (
            ("small", c.ap_small),
            ("medium", c.ap_medium),
            ("large", c.ap_large),
            ("all sizes", c.ap),
        )
    ]
    return (
        '<div class="two"><div><p class="dim">AP that would be gained without mistakes of a kind '
        "(how many there are), as TIDE splits them; all detections count, however unlikely</p>"
        + bars(mistakes, title="AP gained without each kind of mistake")
        + '</div><div><p class="dim">COCO AP by size: small is below 32&times;32 px of a picture, '
        "large from 96&times;96</p>"
        + bars(sizes, title="AP by size of the objects")
        + "</div></div>"
    )


def _confusion_table(confusion: np.ndarray, names: Sequence[str], report: MapReport) -> str:
    """Rows and columns of the classes with most objects, if there are too many."""
    classes = len(names)
    order = np.argsort(-confusion[:classes].sum(axis=1), kind="stable")[:_MOST_CLASSES]
    shown = [*sorted(order.tolist()), classes]
    labels = [*names, "nothing"]
    rows = []
    for row in shown:
        total = max(int(confusion[row].sum()), 1)
        cells = "".join(
            f'<td class="cell" style="--share:{0.75 * confusion[row, column] / total:.2f}">'
            f"{confusion[row, column] or ''}</td>"
            for column in shown
        )
        rows.append(f"<tr><td>{escape(labels[row])}</td>{cells}</tr>")
    note = (
        f'<p class="dim">A row for what is there, a column for what was found above '
        f"{report.conf_thresh:g}; colours are shares of the row."
        + (f" The {len(order)} classes with most objects." if len(order) < classes else "")
        + "</p>"
    )
    return note + table(["there \\ found", *(labels[n] for n in shown)], rows)


def _calibration_table(study: Study) -> str:
    bins = study.calibration.bins
    rows = [
        f"<tr><td>{it.low:g} to {it.high:g}</td><td>{it.count}</td>"
        f"<td>{percent(it.probability)}</td><td>{percent(it.right)}</td></tr>"
        for it in bins
    ]
    note = f'<p class="dim">Mean distance {percent(study.calibration.error)}.</p>'
    return table(["probability", "detections", "mean", "right"], rows) + note


def _pictures(worst: Sequence[Worst]) -> str:
    return figures(
        Figure(
            it.name,
            f"left what is there, right what was found: {it.missed} missed, {it.wrong} wrong",
            (
                Side(it.truth_file, it.truth_jpeg, f"what is there in {it.name}"),
                Side(it.found_file, it.found_jpeg, f"what was found in {it.name}"),
            ),
        )
        for it in worst
    )
