"""MOTA and IDF1 of films of three frames, counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from darkpy.tracking.score import score_tracks

LEFT, RIGHT = [0.2, 0.5, 0.2, 0.2], [0.8, 0.5, 0.2, 0.2]


def frame(**boxes):
    """A frame by names such as a1=LEFT: the number is the id."""
    numbers = [int(name[1:]) for name in boxes]
    return np.array(numbers, int), np.array(list(boxes.values()), float).reshape(-1, 4)


def test_perfect_tracks_score_1_whatever_their_numbers():
    truths = [frame(a1=LEFT, b2=RIGHT)] * 3
    score = score_tracks(truths, [frame(a7=LEFT, b5=RIGHT)] * 3)

    assert (score.mota, score.idf1) == (1, 1)


def test_an_exchange_of_numbers_counts_both_objects():
    truths = [frame(a1=LEFT, b2=RIGHT)] * 3
    found = [frame(a7=LEFT, b5=RIGHT)] * 2 + [frame(a5=LEFT, b7=RIGHT)]
    score = score_tracks(truths, found)

    # 6 truths, 2 switches: 1 - 2/6. Right ids in 4 of 6: 2 * 4 / (6 + 6).
    assert score.switches == 2
    assert score.mota == pytest.approx(4 / 6)
    assert score.idf1 == pytest.approx(8 / 12)


def test_misses_and_strays_count_one_each():
    truths = [frame(a1=LEFT)] * 3
    found = [frame(a7=LEFT), frame(), frame(a7=LEFT, b9=RIGHT)]
    score = score_tracks(truths, found)

    # 3 truths, a miss, a stray: 1 - 2/3; 2 right of 3 truths and 3 found: 4 / 6
    assert (score.misses, score.strays, score.switches) == (1, 1, 0)
    assert score.mota == pytest.approx(1 / 3)
    assert score.idf1 == pytest.approx(4 / 6)


def test_a_track_that_breaks_in_two_keeps_the_longer_half():
    truths = [frame(a1=LEFT)] * 4
    found = [frame(a7=LEFT)] + [frame(a8=LEFT)] * 3
    score = score_tracks(truths, found)

    assert score.switches == 1
    assert score.idf1 == pytest.approx(2 * 3 / (4 + 4))


def test_a_pair_stays_one_although_another_box_fits_better():
    near = [0.22, 0.5, 0.2, 0.2]  # overlaps LEFT by 9/11
    truths = [frame(a1=LEFT)] * 2
    score = score_tracks(truths, [frame(a7=LEFT), frame(b8=LEFT, a7=near)])

    assert score.switches == 0
