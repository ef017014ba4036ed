"""Text in the order in which its letters stand from left to right, for fonts that know no other.

A short form of Unicode's bidirectional algorithm (UAX 9) for names of one line: runs of Hebrew and
Arabic turn round, digits and Latin words in them do not. Arabic letters are not joined.
"""

from __future__ import annotations

import itertools
import unicodedata

_TURNED = {"R": True, "AL": True, "L": False, "EN": False, "AN": False}
_MIRRORED = str.maketrans("()[]{}<>«»", ")(][}{><»«")


def from_left(text: str) -> str:
    """The text as it is seen, first letter at the left.

    >>> from_left("abc"), from_left("\\u05d0\\u05d1 12") == "12 \\u05d1\\u05d0"
    ('abc', True)
    """
    kinds = [unicodedata.bidirectional(letter) for letter in text]
    if not {"R", "AL"}.intersection(kinds):
        return text
    strong = [kind for kind in kinds if kind in ("R", "AL", "L")]
    turned = strong[0] != "L"
    runs = _runs(text, kinds, turned)
    shown = [_reversed(run) if back else run for back, run in runs]
    return "".join(reversed(shown) if turned else shown)


def _runs(text: str, kinds: list[str], turned: bool) -> list[tuple[bool, str]]:
    """Pieces of one direction; what has none goes with both neighbours, or with the whole."""
    ways: list[bool | None] = [_TURNED.get(kind) for kind in kinds]
    for at, way in enumerate(ways):
        if way is None:
            before = next((way for way in reversed(ways[:at]) if way is not None), turned)
            after = next((_TURNED[kind] for kind in kinds[at:] if kind in _TURNED), turned)
            ways[at] = before if before == after else turned
    pairs = zip(ways, text, strict=True)
    groups = itertools.groupby(pairs, key=lambda pair: pair[0])
    return [(bool(way), "".join(letter for _, letter in group)) for way, group in groups]


def _reversed(run: str) -> str:
    """The letters from the last to the first, each with the marks that stand on it."""
    letters: list[str] = []
    for letter in run:
        if letters and unicodedata.combining(letter):
            letters[-1] += letter
        else:
            letters.append(letter.translate(_MIRRORED))
    return "".join(reversed(letters))
