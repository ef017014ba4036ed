"""Counter-based chance."""

from __future__ import annotations

import numpy as np

from darkpy.chance import picks, stream


def test_a_stream_depends_on_its_three_numbers_only():
    drawn = stream(3, 1000, 7).random(5)

    np.testing.assert_array_equal(stream(3, 1000, 7).random(5), drawn)


def test_streams_with_other_numbers_are_others():
    keys = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (-1, 0, 0), (2**64 - 2, 0, 0)]

    assert len({stream(*key).random() for key in keys}) == len(keys)


def test_streams_do_not_overlap():
    drawn = [set(stream(0, *key).random(100)) for key in ((0, 0), (0, 1), (1, 0))]

    assert len(set.union(*drawn)) == 300


def test_neighbouring_streams_are_independent():
    first = np.array([stream(0, iteration, 0).random() for iteration in range(4000)])

    # Uniform: mean 1/2, deviation of the mean sqrt(1/12/4000) = .0046; likewise the correlation.
    assert abs(first.mean() - 0.5) < 4 * 0.0046
    assert abs(np.corrcoef(first[1:], first[:-1])[0, 1]) < 4 / 4000**0.5


def test_pictures_are_taken_uniformly_with_replacement():
    counts = np.zeros(5)
    for slot in range(5000):
        np.add.at(counts, picks(stream(1, 2, slot), 5), 1)

    # 20,000 draws, 4000 each, deviation sqrt(20000 * .2 * .8) = 57.
    assert counts.sum() == 20_000
    assert (abs(counts - 4000) < 4 * 57).all()
