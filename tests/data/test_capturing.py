"""Frames ahead of who needs them: a file loses none, a live source drops the old."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from darkpy.data import capturing
from darkpy.data.capturing import Capturing
from darkpy.data.handoff import Handoff
from darkpy.errors import PictureError


class Script:
    """A source that plays a list: numbers are frames, None a break, an exception is raised."""

    name, fps = "script", 25.0

    def __init__(self, plays, *, live=False, comes_back=True, promised=0):
        self.plays = iter(plays)
        self.promised = promised
        self.live = live
        self.comes_back = comes_back
        self.done = threading.Event()
        self.closed = False

    def read(self):
        play = next(self.plays, "end")
        if play == "end":
            self.done.set()
            return None
        if isinstance(play, Exception):
            raise play
        return None if play is None else np.full((1, 1, 3), play, np.uint8)

    def again(self):
        return self.comes_back and not self.done.is_set()

    def close(self):
        self.closed = True


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr(capturing, "_FIRST_PAUSE", 0.001)


def taken(source, *, slowly=0.0, retry_seconds=0.02):
    with Capturing(source, retry_seconds=retry_seconds) as frames:
        if source.live:
            source.done.wait(5)
        got = []
        while (frame := frames.frames.get(5)) is not None:
            got.append((frame.number, int(frame.pixels.max())))
            time.sleep(slowly)
    return got, frames


def test_a_file_loses_no_frame_however_slowly_they_are_taken():
    source = Script(range(20))
    got, frames = taken(source, slowly=0.001)

    assert got == [(number + 1, number) for number in range(20)]
    assert frames.frames.dropped == 0
    assert source.closed


def test_a_live_source_gives_the_newest_frame_and_counts_the_others():
    got, frames = taken(Script(range(20), live=True))

    assert got == [(20, 19)]
    assert frames.frames.dropped == 19


def test_a_live_source_that_breaks_is_opened_again_and_both_are_said():
    source = Script([1, None, 2], live=True)
    got, frames = taken(source)

    assert got == [(2, 2)]
    assert list(frames.notes)[:2] == [
        "script: no more frames come; trying to open it again",
        "script: frames come again",
    ]


def test_a_live_source_that_stays_away_is_given_up():
    got, frames = taken(Script([], live=True, comes_back=False))

    assert got == []
    assert frames.broken
    assert frames.notes[-1] == "script: given up after 0.02 seconds"


def test_a_file_that_ends_is_no_break():
    _, frames = taken(Script([1]))

    assert not frames.notes
    assert not frames.broken


def test_a_frame_that_cannot_be_read_is_said_and_passed_over():
    got, frames = taken(Script([1, PictureError("b.png: broken"), 3]))

    assert got == [(1, 1), (2, 3)]
    assert list(frames.notes) == ["b.png: broken"]


def test_leaving_early_waits_for_nobody():
    source = Script(range(100))
    with Capturing(source, retry_seconds=1) as frames:
        frames.frames.get(5)

    assert source.closed


def test_a_full_handoff_waits_until_somebody_takes():
    handoff = Handoff(1)
    handoff.put("first")
    threading.Timer(0.02, handoff.get).start()

    assert handoff.put("second")
    assert handoff.get() == "second"
    assert handoff.get(0.001) is None
    assert not handoff.ended


def test_where_there_is_no_room_the_oldest_makes_it():
    handoff = Handoff(2, newest=True)
    for number in range(4):
        handoff.put(number)

    assert (handoff.get(), handoff.get(), handoff.dropped) == (2, 3, 2)


def test_a_closed_handoff_takes_nothing_and_gives_what_it_has():
    handoff = Handoff(2)
    handoff.put("left")
    handoff.close()

    assert not handoff.put("late")
    assert handoff.get() == "left"
    assert handoff.get() is None
    assert handoff.ended


@pytest.mark.parametrize(("promised", "said"), [(0, 0), (3, 0), (4, 1)])
def test_a_file_that_ends_too_early_is_told(promised, said):
    got, frames = taken(Script([1, 2, 3], promised=promised))

    assert len(got) == 3
    assert len(frames.notes) == said
    for note in frames.notes:
        assert note == (
            "script: says that it has 4 frames, but after 3 no more can be read: it is broken or "
            "was cut off"
        )
