"""Weights and state are a pair whenever the process dies."""

from __future__ import annotations

import contextlib
import os

import pytest

from darkpy.errors import OutputError
from darkpy.session import pairs
from darkpy.session.pairs import clear_staged, find_pair, previous, write_pair
from darkpy.training.checkpoint import State, state_path


class Died(BaseException):
    """As if the process was killed: nothing cleans up behind it but what `finally` does."""


def write(weights, iteration, *, keep=True):
    content = f"weights of {iteration}".encode()
    state = State(iteration, facts={"n": iteration})
    write_pair(weights, lambda path: path.write_bytes(content), state, keep_previous=keep)


@pytest.fixture
def last(tmp_path):
    """A pair of iteration 20, and the one of 10 before it."""
    weights = tmp_path / "net_last.weights"
    write(weights, 10)
    write(weights, 20)
    return weights


def test_the_pair_before_is_kept(last):
    assert last.read_bytes() == b"weights of 20"
    assert previous(last).read_bytes() == b"weights of 10"
    pair, problems = find_pair(last)
    assert (pair.weights, pair.path, pair.state.iteration) == (last, state_path(last), 20)
    assert problems == []


CALLS = ("os.link", "os.replace")


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("moment", range(6))
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_death_at_any_step_leaves_a_good_pair_and_the_weights_are_never_missing(
    last, monkeypatch, call, moment, after
):
    own, count = getattr(os, call.split(".")[1]), iter(range(100))

    def dying(*paths):
        if next(count) != moment:
            return own(*paths)
        if after:
            own(*paths)
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr(pairs.os, call.split(".")[1], dying)
        with contextlib.suppress(Died):
            write(last, 30)

    assert last.exists()
    pair, _ = find_pair(last)
    assert pair.state.iteration in (20, 30)
    assert pair.weights.read_bytes() == f"weights of {pair.state.iteration}".encode()


def test_a_state_that_is_cut_short_gives_the_pair_before_and_says_so(last):
    raw = state_path(last).read_bytes()
    state_path(last).write_bytes(raw[:-1])

    pair, problems = find_pair(last)

    assert (pair.weights, pair.state.iteration) == (previous(last), 10)
    assert "net_last.state: was cut short or altered" in problems[0]


def test_weights_of_which_a_bit_rotted_give_the_pair_before(last):
    last.write_bytes(b"weights of 21")

    assert find_pair(last)[0].state.iteration == 10


def test_without_any_pair_the_reason_is_told(last):
    for path in (last, previous(last)):
        path.write_bytes(b"others")

    assert find_pair(last) == (None, [f"{state_path(last)} is not of these weights"])


def test_a_pair_that_is_not_known_to_be_good_does_not_push_the_good_one_out(last):
    last.write_bytes(b"rotten")
    write(last, 11, keep=False)

    assert previous(last).read_bytes() == b"weights of 10"
    assert find_pair(last)[0].state.iteration == 11


def test_a_disk_that_is_full_leaves_the_old_pair(last):
    def full(path):
        path.write_bytes(b"weigh")
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="No space left"):
        write_pair(last, full, State(30), keep_previous=True)

    assert find_pair(last)[0].state.iteration == 20
    assert not list(last.parent.glob(".*"))


def test_what_a_dead_process_left_is_removed_and_nothing_else(tmp_path):
    ours = (".net_last.weights.new", ".net_last.1.state.new", ".net_1000.weights.77.tmp")
    others = (".net_2_last.weights.new", "net_last.weights", ".net_last.weights", ".notes.tmp")
    for name in (*ours, *others):
        (tmp_path / name).write_bytes(b"")

    clear_staged(tmp_path, "net")

    assert {path.name for path in tmp_path.iterdir()} == set(others)
