"""From a measurement to the text of the report page."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from darkpy.metrics.error_split import KINDS
from darkpy.metrics.intervals import LEVEL
from darkpy.metrics.report import MapReport, percent
from darkpy.metrics.study import Study
from darkpy.view.report.svg import Line, bars, colour, curves

_MOST_CLASSES = 30  # of a confusion matrix that can still be read

_STYLE = """
:root{color-scheme:light dark;--ink:#1b1f24;--dim:#667085;--paper:#fff;--card:#f6f7f9;
--line:#d8dde3;--accent:#2f6fed;--heat:47,111,237}
@media(prefers-color-scheme:dark){:root{--ink:#e7eaee;--dim:#9aa4b2;--paper:#14171b;--card:#1d2127;
--line:#353b44;--accent:#6ea0ff;--heat:110,160,255}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1100px;padding:16px;background:var(--paper);color:var(--ink);
font:15px/1.45 system-ui,sans-serif}
h1{font-size:1.5rem;margin:.2em 0}h2{font-size:1.1rem;margin:1.6em 0 .5em}
p.dim,td.dim,.dim{color:var(--dim)}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(130px,1fr));gap:10px}
.card{background:var(--card);border-radius:8px;padding:10px 12px}
.card b{display:block;font-size:1.35rem}
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:14px}
.wide{overflow-x:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;white-space:nowrap}
th,td{padding:3px 9px;text-align:right;border-bottom:1px solid var(--line)}
th:first-child,td:first-child{text-align:left}
td.cell{background:rgba(var(--heat),var(--share))}
svg{width:100%;height:auto;background:var(--card);border-radius:8px}
svg text{fill:var(--ink);font:12px system-ui,sans-serif}
svg .grid{stroke:var(--line);stroke-width:1}svg polyline{fill:none;stroke-width:2}
svg .bar{fill:var(--accent)}
i.dot{display:inline-block;width:.8em;height:.8em;border-radius:50%;margin-right:.35em}
.pictures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,500px),1fr));gap:14px}
figure{margin:0;background:var(--card);border-radius:8px;padding:8px}
figure div{display:grid;grid-template-columns:1fr 1fr;gap:6px}
figure img{width:100%;display:block;border-radius:4px}
figcaption{padding-top:6px;overflow-wrap:anywhere}
"""


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
        f"<h1>{escape(title)}</h1>",
        '<p class="dim">'
        + " &middot; ".join(f"{escape(k)} {escape(v)}" for k, v in facts)
        + "</p>",
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
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>"
        + "\n".join(body)
        + "</body></html>\n"
    )


def _cards(report: MapReport, study: Study) -> str:
    c, between = report.coco, study.interval
    cards = [
        (f"mAP@{report.iou_thresh:.2f}", percent(report.mean_average_precision)),
        (f"{LEVEL:.0%} interval", f"{100 * between.low:.1f} to {100 * between.high:.1f}"),
        ("COCO AP", percent(c.ap)),
        ("COCO AP50", percent(c.ap50)),
        ("COCO AP75", percent(c.ap75)),
        ("VOC 2007", percent(study.voc.voc2007)),
        (f"precision at {report.conf_thresh:g}", f"{report.precision:.2f}"),
        (f"recall at {report.conf_thresh:g}", f"{report.recall:.2f}"),
        ("average IoU", percent(report.average_iou)),
    ]
    inner = "".join(
        f'<div class="card"><span class="dim">{escape(name)}</span><b>{escape(value)}</b></div>'
        for name, value in cards
    )
    return f'<div class="cards">{inner}</div>'


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
    return _table([*head, "best F1"], rows)


def _table(head: Sequence[str], rows: Sequence[str]) -> str:
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    return f'<div class="wide"><table><tr>{top}</tr>{"".join(rows)}</table></div>'


def _curves(report: MapReport, names: Sequence[str]) -> str:
    precision, f1 = [], []
    for k, (name, it) in enumerate(zip(names, report.classes, strict=True)):
        c = it.curve
        if len(c.recall):
            total = np.where(c.precision + c.recall > 0, c.precision + c.recall, 1)
            precision.append(Line(name, k, c.recall, c.precision))
            f1.append(Line(name, k, c.probs, 2 * c.precision * c.recall / total))
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
    return note + _table(["there \\ found", *(labels[n] for n in shown)], rows)


def _calibration_table(study: Study) -> str:
    bins = study.calibration.bins
    rows = [
        f"<tr><td>{it.low:g} to {it.high:g}</td><td>{it.count}</td>"
        f"<td>{percent(it.probability)}</td><td>{percent(it.right)}</td></tr>"
        for it in bins
    ]
    note = f'<p class="dim">Mean distance {percent(study.calibration.error)}.</p>'
    return _table(["probability", "detections", "mean", "right"], rows) + note


def _pictures(worst: Sequence[Worst]) -> str:
    figures = []
    for it in worst:
        sides = "".join(
            f'<a href="{escape(file)}"><img alt="{escape(what)}" loading="lazy" '
            f'src="data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"></a>'
            for file, jpeg, what in (
                (it.truth_file, it.truth_jpeg, f"what is there in {it.name}"),
                (it.found_file, it.found_jpeg, f"what was found in {it.name}"),
            )
        )
        figures.append(
            f"<figure><div>{sides}</div><figcaption>{escape(it.name)}<br>"
            f'<span class="dim">left what is there, right what was found: {it.missed} missed, '
            f"{it.wrong} wrong</span></figcaption></figure>"
        )
    return f'<div class="pictures">{"".join(figures)}</div>'
