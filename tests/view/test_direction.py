"""Names are written from left to right in the order in which people see them."""

from __future__ import annotations

import pytest

from darkpy.view.direction import from_left

A, B, C = "אבג"  # Hebrew letters
MARK = "\u05b8"  # a vowel under one


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("cat 12", "cat 12"),
        ("кошка ü", "кошка ü"),
        ("", ""),
        (A + B + C, C + B + A),
        (f"{A}{B} {C}", f"{C} {B}{A}"),
        # A number keeps its digits' order and stands at the left of what comes before it.
        (f"{A}{B} 12", f"12 {B}{A}"),
        # A Latin word in a Hebrew name, a Hebrew word in a Latin one.
        (f"{A}{B} cat", f"cat {B}{A}"),
        (f"cat {A}{B}", f"cat {B}{A}"),
        (f"cat {A}{B} dog", f"cat {B}{A} dog"),
        # Brackets open to the other side; marks stay behind their letter.
        (f"{A} ({B})", f"({B}) {A}"),
        (f"{A}{MARK}{B}", f"{B}{A}{MARK}"),
        ("لوحة", "ةحول"),
    ],
)
def test_a_name_is_seen_from_the_left(text, seen):
    assert from_left(text) == seen
