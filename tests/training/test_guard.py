"""Back to good values after trouble."""

from __future__ import annotations

import pytest
import torch

from darkpy.errors import DarkpyError
from darkpy.training.guard import MOST_RETURNS, Guard


def test_five_troubles_in_twenty_iterations_are_too_many():
    guard = Guard((), 0)

    assert [guard.in_trouble(i) for i in (1, 2, 3, 4, 5)] == [False] * 4 + [True]


def test_troubles_far_apart_are_not_too_many():
    guard = Guard((), 0)

    assert not any(guard.in_trouble(i) for i in (1, 6, 11, 16, 21, 26, 31))
    assert not any(guard.in_trouble(i) for i in (60, 65, 70, 75))
    assert guard.in_trouble(79)  # 60 to 79 are twenty iterations


def test_going_back_restores_in_place_and_halves_the_rate():
    values = torch.tensor([1.0, 2.0])
    guard = Guard((values,), 0)
    values.fill_(5)
    guard.remember(100)
    values.fill_(9)

    assert guard.go_back() == 100
    assert values.tolist() == [5, 5]
    assert guard.factor == 0.5
    # The copy may be what explodes: the next return goes further back, and stays there.
    assert guard.go_back() == 0
    assert guard.go_back() == 0
    assert values.tolist() == [1, 2]
    assert guard.factor == 0.125


def test_a_training_that_never_recovers_ends():
    guard = Guard((), 0)
    for _ in range(MOST_RETURNS):
        guard.go_back()

    with pytest.raises(DarkpyError, match="does not recover"):
        guard.go_back()
