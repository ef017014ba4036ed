"""Frames through the network, several at once, handed on one by one."""

from __future__ import annotations

import numpy as np
import pytest

from darkpy.data.capturing import Frame
from darkpy.data.handoff import Handoff
from darkpy.inference.frames import Detecting


def waiting(count: int) -> Handoff[Frame]:
    frames: Handoff[Frame] = Handoff(count)
    for number in range(1, count + 1):
        frames.put(Frame(number, np.full((1, 1, 3), number, np.uint8), taken=0.0))
    frames.close()
    return frames


@pytest.mark.parametrize(("at_once", "passes"), [(1, [1] * 6), (4, [4, 2]), (8, [6])])
def test_a_film_is_cut_into_passes_and_comes_out_frame_by_frame(at_once, passes):
    seen = []

    def find(frames):
        seen.append(len(frames))
        return [int(pixels[0, 0, 0]) for pixels in frames]

    with Detecting(waiting(6), find, at_once=at_once) as detecting:
        got = [detecting.found.get() for _ in range(7)]

    assert [(found.frame.number, found.detections) for found in got[:6]] == [
        (number, number) for number in range(1, 7)
    ]
    assert got[6] is None
    assert seen == passes


def test_a_benchmark_takes_the_first_frame_again_and_counts_on():
    with Detecting(
        waiting(6), lambda frames: [0] * len(frames), at_once=4, repeat=True
    ) as repeated:
        got = [repeated.found.get().frame for _ in range(10)]

    assert [frame.number for frame in got] == list(range(1, 11))
    assert all(frame.pixels[0, 0, 0] == 1 for frame in got)


def test_whoever_leaves_early_is_not_waited_for():
    with Detecting(waiting(8), lambda frames: [0] * len(frames), at_once=4) as detecting:
        assert detecting.found.get().frame.number == 1
    assert detecting.problem is None
