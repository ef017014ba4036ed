"""What all report pages are made of: one file, no script, nothing from elsewhere."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

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
svg .bar{fill:var(--accent)}svg .whisker{stroke:var(--accent);stroke-width:2}
i.dot{display:inline-block;width:.8em;height:.8em;border-radius:50%;margin-right:.35em}
.pictures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,500px),1fr));gap:14px}
figure{margin:0;background:var(--card);border-radius:8px;padding:8px}
figure div{display:grid;grid-template-columns:1fr 1fr;gap:6px}
figure img{width:100%;display:block;border-radius:4px}
figcaption{padding-top:6px;overflow-wrap:anywhere}
"""


@dataclass(frozen=True)
class Side:
    """A picture of a figure: a small JPEG to embed, which leads to the file beside the page."""

    file: str
    jpeg: bytes
    alt: str


@dataclass(frozen=True)
class Figure:
    """Two pictures side by side, their name and what there is to say."""

    name: str
    caption: str
    sides: tuple[Side, Side]


def document(title: str, body: Iterable[str]) -> str:
    """The whole page."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>"
        + "\n".join(body)
        + "</body></html>\n"
    )


def heading(title: str, facts: Sequence[tuple[str, str]]) -> str:
    """The title, and below it names and values."""
    shown = " &middot; ".join(f"{escape(name)} {escape(value)}" for name, value in facts)
    return f'<h1>{escape(title)}</h1>\n<p class="dim">{shown}</p>'


def cards_of(cards: Iterable[tuple[str, str]]) -> str:
    """Names and values, large."""
    inner = "".join(
        f'<div class="card"><span class="dim">{escape(name)}</span><b>{escape(value)}</b></div>'
        for name, value in cards
    )
    return f'<div class="cards">{inner}</div>'


def table(head: Sequence[str], rows: Iterable[str]) -> str:
    """A table of rows that are HTML, with a line of names above them."""
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    return f'<div class="wide"><table><tr>{top}</tr>{"".join(rows)}</table></div>'


def figures(shown: Iterable[Figure]) -> str:
    """Pictures side by side, each a link to the full one."""
    parts = []
    for figure in shown:
        sides = "".join(
            f'<a href="{escape(side.file)}"><img alt="{escape(side.alt)}" loading="lazy" '
            f'src="data:image/jpeg;base64,{base64.b64encode(side.jpeg).decode()}"></a>'
            for side in figure.sides
        )
        parts.append(
            f"<figure><div>{sides}</div><figcaption>{escape(figure.name)}<br>"
            f'<span class="dim">{escape(figure.caption)}</span></figcaption></figure>'
        )
    return f'<div class="pictures">{"".join(parts)}</div>'
