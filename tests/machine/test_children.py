"""Processes that are forked off to work for this one."""

from __future__ import annotations

import os
import select
import signal
import time

import pytest

from darkpy.machine.children import Child
from darkpy.machine.sharing import POSSIBLE, SharedBytes, Turn, shared_numbers

pytestmark = pytest.mark.skipif(not POSSIBLE, reason="this system cannot fork")


@pytest.fixture
def child_of():
    """Makes children, which are gone after the test."""
    children = []

    def make(*given) -> Child:
        children.append(Child(*given))
        return children[-1]

    yield make
    for child in children:
        child.end()
        child.close()


def test_requests_are_answered_in_order(child_of):
    child = child_of(lambda numbers: {"sum": sum(numbers), "by": os.getpid()})

    for numbers in ([1, 2], [3, 4, 5], []):
        child.send(numbers)

    answers = [child.reply() for _ in range(3)]
    assert [answer["sum"] for answer in answers] == [3, 12, 0]
    assert {answer["by"] for answer in answers} == {child.process} != {os.getpid()}


@pytest.mark.parametrize(
    ("work", "ended"),
    [
        (lambda _: os.kill(os.getpid(), signal.SIGKILL), "signal 9"),
        (lambda _: os._exit(3), "exit status 3"),
        (lambda _: 1 / 0, "exit status 1"),
    ],
)
def test_how_a_child_ended_is_known(child_of, work, ended, capfd):
    child = child_of(work)
    child.send(None)

    with pytest.raises((EOFError, OSError)):
        child.reply()

    assert child.how_it_ended() == ended
    assert capfd.readouterr() == ("", "")


def test_no_file_of_the_process_lives_on_in_a_child(child_of):
    reading, writing = os.pipe()
    child = child_of(lambda _: None)
    child.send(None)
    child.reply()

    os.close(writing)

    # With the other end closed everywhere a pipe has come to its end, and says so at once.
    readable, _, _ = select.select([reading], [], [], 5)
    assert readable
    assert os.read(reading, 1) == b""
    os.close(reading)


def test_shared_bytes_grow_on_either_side(child_of):
    shared = SharedBytes()

    def fill(size: int) -> int:
        shared.room(size)[:] = size % 251
        return len(shared.room(1))

    child = child_of(fill, lambda: [shared.file])
    for size in (10, 5000, 100_000):
        child.send(size)
        child.reply()
        assert (shared.room(size) == size % 251).all()


def test_numbers_change_for_all_and_a_turn_is_nobody_elses(child_of):
    total, turn = shared_numbers(1), Turn()

    def add(count: int) -> None:
        for _ in range(count):
            with turn.taken():
                before = int(total[0])
                if before % 50 == 0:
                    time.sleep(0)  # the others would come in between here
                total[0] = before + 1

    children = [child_of(add, lambda: [turn.file]) for _ in range(3)]
    for child in children:
        child.send(500)
    for child in children:
        child.reply()

    assert total[0] == 3 * 500


def test_who_is_killed_in_its_turn_loses_it(child_of):
    turn = Turn()

    def keep(_) -> None:
        with turn.taken():
            os.kill(os.getpid(), signal.SIGKILL)

    child = child_of(keep, lambda: [turn.file])
    child.send(None)
    with pytest.raises((EOFError, OSError)):
        child.reply()

    with turn.taken():
        pass
