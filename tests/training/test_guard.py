"""Back to good values after trouble."""

from __future__ import annotations

import pytest
import torch

from darkpy.errors import DarkpyError, StateError
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


def grown(*iterations: int) -> Guard:
    """A guard of one value, which is the iteration it was copied at."""
    guard = Guard((torch.tensor([float(iterations[0])]),), iterations[0])
    for iteration in iterations[1:]:
        guard.tensors[0].fill_(iteration)
        guard.remember(iteration)
    return guard


def gone_on(facts, iteration: int, memory) -> Guard:
    other = Guard((torch.tensor([float(iteration)]),), iteration)
    other.go_on(other.past(facts, iteration, memory))
    return other


def test_what_goes_on_returns_to_the_same_copies():
    guard = grown(0, 100, 200)
    memory = guard.memory(230)

    assert {name: tensor.tolist() for name, tensor in memory.items()} == {
        "guard.100.0": [100],
        "guard.200.0": [200],
    }
    other = gone_on(guard.facts(), 230, memory)
    for iteration in (200, 100, 100):
        assert other.go_back() == guard.go_back() == iteration
        assert other.tensors[0].tolist() == guard.tensors[0].tolist() == [iteration]


def test_a_copy_of_the_values_themselves_is_not_kept_twice():
    guard = grown(0, 100)

    assert list(guard.memory(100)) == ["guard.0.0"]
    assert guard.most_bytes == 2 * 4
    other = gone_on(guard.facts(), 100, guard.memory(100))
    assert (other.go_back(), other.tensors[0].tolist()) == (100, [100])
    assert (other.go_back(), other.tensors[0].tolist()) == (0, [0])


def test_states_of_an_older_darkpy_go_on_with_the_values_they_have():
    other = gone_on({"returns": 1, "troubles": [3]}, 7, {})

    assert other.factor == 0.5
    assert other.go_back() == 7


@pytest.mark.parametrize("copies", [[], [300], [100, 0], [0, 0], [0, 50, 100], ["0"], None, [-1]])
def test_copies_that_no_guard_has_are_refused(copies):
    guard = grown(0, 100)

    with pytest.raises(StateError, match="copies of good values"):
        guard.past({**guard.facts(), "copies": copies}, 230, guard.memory(230))


def test_copies_that_are_missing_too_many_or_of_another_size_are_refused():
    guard = grown(0, 100)
    memory, facts = guard.memory(230), guard.facts()

    for others in ({}, {**memory, "guard.5.0": memory["guard.0.0"]}):
        with pytest.raises(StateError, match="not all there"):
            guard.past(facts, 230, others)
    with pytest.raises(StateError, match=r"guard\.0\.0 has 2 values, where there are 1 here"):
        guard.past(facts, 230, {**memory, "guard.0.0": torch.zeros(2)})
