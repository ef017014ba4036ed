"""An SVG of the house: rows of rooms, each above all that it imports, arrows down."""

from __future__ import annotations

from itertools import pairwise

from house.imports import House

WORDS = {
    "api": "Python: load, detect, train",
    "export": "files for other programs",
    "augment": "draws, then pixels",
    "cfg": "text to typed values",
    "check": "the linter",
    "classifier": "classes of pictures",
    "console": "command line, screen",
    "darknet": "the C program's Python",
    "data": "lists, pictures, loader",
    "detector": "train, test, map, …",
    "doctor": "GO or NO-GO",
    "flags": "flags, declared once",
    "heads": "decode and loss",
    "importers": "other programs' data",
    "inference": "pictures to detections",
    "layers": "torch modules",
    "losses": "numbers only",
    "machine": "process-wide settings",
    "metrics": "matching, AP rules",
    "model": "network, weights",
    "opencv": "as OpenCV's dnn has it",
    "planning": "a whole cfg, no torch",
    "sections": "what a [kind] means",
    "serve": "ports, pages, streams",
    "session": "what a training needs",
    "solver": "schedule, optimizer",
    "tracking": "the same object again",
    "training": "the loop, guard, state",
    "verbs": "check, init, net, …",
    "view": "charts, drawings",
}
BOX_W, BOX_H, GAP_X, GAP_Y, EDGE = 150, 46, 18, 52, 24
DUMMY_W, LEGEND_H = 16, 60
LIGHT, HEAVY, LINE, INK = "#e3eefc", "#e4f3e1", "#8794a8", "#1d2733"
Place = tuple[float, float]
Rows = list[list[str]]


def drawn(house: House) -> str:
    """The whole SVG as text; the same house gives the same text."""
    below: dict[str, set[str]] = {room: set() for room in house.rooms}
    for room, other in house.edges | house.named:
        below[room].add(other)
    chains, rows = _rows(below)
    _untangle(rows, chains)
    width = max(map(_row_width, rows)) + 2 * EDGE
    places = _places(rows, width)
    height = EDGE + len(rows) * (BOX_H + GAP_Y) + BOX_H + LEGEND_H
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        'font-family="Helvetica, Arial, sans-serif">',
        "<title>The packages of darkpy: each imports what its arrows lead to</title>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        f'markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="{LINE}"/></marker></defs>',
        f'<rect width="{width:g}" height="{height:g}" fill="white"/>',
        *(_arrow(chain, places, (chain[0], chain[-1]) not in house.edges) for chain in chains),
        *(_room(room, places[room], room in house.heavy) for room in house.rooms),
        *_ground(house.ground, width, height),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _rows(below: dict[str, set[str]]) -> tuple[list[list[str]], Rows]:
    """Every arrow as a chain of places, one a row that it passes, and the rows from the top."""
    ranks: dict[str, int] = {}

    def rank(room: str) -> int:
        if room not in ranks:
            ranks[room] = 1 + max(map(rank, below[room]), default=-1)
        return ranks[room]

    rows: Rows = [[] for _ in range(1 + max(map(rank, below)))]
    for room in sorted(below):
        rows[-1 - ranks[room]].append(room)
    chains = []
    for room in sorted(below):
        for other in sorted(below[room]):
            between = [f"{room}>{other}>{r}" for r in range(ranks[room] - 1, ranks[other], -1)]
            for name in between:
                rows[-1 - int(name.rpartition(">")[2])].append(name)
            chains.append([room, *between, other])
    return chains, rows


def _untangle(rows: Rows, chains: list[list[str]]) -> None:
    """Order each row by the middle of what it is tied to, up and down again, many times; the order
    with the shortest arrows stays.
    """
    ties: dict[str, list[str]] = {}
    for chain in chains:
        for one, other in pairwise(chain):
            ties.setdefault(one, []).append(other)
            ties.setdefault(other, []).append(one)
    best, least = [list(row) for row in rows], float("inf")
    for turn in range(60):
        order = range(len(rows)) if turn % 2 else range(len(rows) - 1, -1, -1)
        for at in order:
            places = _places(rows, max(map(_row_width, rows)))
            middle = {
                name: sum(places[tie][0] for tie in ties[name]) / len(ties[name])
                for name in rows[at]
                if name in ties
            }
            rows[at].sort(key=lambda name, middle=middle: middle.get(name, 0.0))
        places = _places(rows, max(map(_row_width, rows)))
        length = sum(abs(places[a][0] - places[b][0]) for a in ties for b in ties[a])
        if length < least:
            best, least = [list(row) for row in rows], length
    rows[:] = best


def _row_width(row: list[str]) -> float:
    return sum(map(_width, row)) + GAP_X * (len(row) - 1)


def _width(name: str) -> float:
    return DUMMY_W if ">" in name else BOX_W


def _places(rows: Rows, width: float) -> dict[str, Place]:
    """The middle of each box and of each arrow's passage: rows spread over the whole width."""
    places = {}
    for number, row in enumerate(rows):
        spare = (width - 2 * EDGE - sum(map(_width, row))) / (len(row) + 1)
        left = EDGE + spare
        for name in row:
            middle_y = EDGE + number * (BOX_H + GAP_Y) + BOX_H / 2
            places[name] = (left + _width(name) / 2, middle_y)
            left += _width(name) + spare
    return places


def _arrow(chain: list[str], places: dict[str, Place], dashed: bool) -> str:
    points = [places[name] for name in chain]
    (x, y), (end_x, end_y) = points[0], points[-1]
    path = f"M{x:.0f} {y + BOX_H / 2:.0f}"
    y += BOX_H / 2
    for next_x, next_y in points[1:]:
        top = (end_y if (next_x, next_y) == (end_x, end_y) else next_y) - BOX_H / 2
        bend = GAP_Y / 2
        path += f"C{x:.0f} {y + bend:.0f} {next_x:.0f} {top - bend:.0f} {next_x:.0f} {top:.0f}"
        x, y = next_x, top
        if (next_x, next_y) != (end_x, end_y):
            y = next_y + BOX_H / 2
            path += f"L{x:.0f} {y:.0f}"
    dash = ' stroke-dasharray="5 4"' if dashed else ""
    return (
        f'<path class="import" id="{chain[0]}-{chain[-1]}" d="{path}" fill="none" '
        f'stroke="{LINE}" stroke-width="1.4" marker-end="url(#tip)"{dash}/>'
    )


def _room(room: str, place: Place, heavy: bool) -> str:
    x, y = place
    fill = HEAVY if heavy else LIGHT
    return (
        f'<g class="room" id="{room}"><rect x="{x - BOX_W / 2:.0f}" y="{y - BOX_H / 2:.0f}" '
        f'width="{BOX_W}" height="{BOX_H}" rx="7" fill="{fill}" stroke="{LINE}"/>'
        f'<text x="{x:.0f}" y="{y - 3:.0f}" text-anchor="middle" font-size="15" '
        f'font-weight="bold" fill="{INK}">{room}</text>'
        f'<text x="{x:.0f}" y="{y + 14:.0f}" text-anchor="middle" font-size="11.5" '
        f'fill="{INK}">{WORDS.get(room, "")}</text></g>'
    )


def _ground(names: tuple[str, ...], width: float, height: float) -> list[str]:
    """The bar that all stand on, and what colours and lines mean."""
    top = height - BOX_H - LEGEND_H
    said = "the ground, imported by all: " + ", ".join(names)
    legend = (
        "blue: no module of it loads torch · green: some do",
        "arrow: imports (what a chain of arrows implies is not drawn) · "
        "dashed: loaded by name when a command asks",
    )
    return [
        f'<rect x="{EDGE}" y="{top:.0f}" width="{width - 2 * EDGE:.0f}" height="{BOX_H}" rx="7" '
        f'fill="#eeeae2" stroke="{LINE}"/>',
        _line(said, width / 2, top + 28),
        *(_line(text, width / 2, top + 72 + 20 * at) for at, text in enumerate(legend)),
    ]


def _line(text: str, x: float, y: float) -> str:
    return (
        f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="middle" font-size="13" '
        f'fill="{INK}">{text}</text>'
    )
