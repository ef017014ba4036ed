"""Counter-based chance."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from darkpy.chance import Streams, picks, stream


def test_a_stream_depends_on_its_three_numbers_only():
    drawn = stream(3, 1000, 7).random(5)

    np.testing.assert_array_equal(stream(3, 1000, 7).random(5), drawn)


def test_streams_with_other_numbers_are_others():
    keys = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (-1, 0, 0), (2**64 - 2, 0, 0)]

    assert len({stream(*key).random() for key in keys}) == len(keys)


def test_streams_one_after_the_other_are_those_made_anew():
    streams = Streams()
    for key in [(3, 1000, 7), (3, 1000, 8), (-1, 0, 0), (0, 2**31, 2**31 - 1)]:
        drawn = streams.at(*key)
        # 32 bits of a word are left over after the first draw, and half a block after the last.
        assert drawn.integers(10) == stream(*key).integers(10)
    drawn, anew = streams.at(3, 1000, 7), stream(3, 1000, 7)

    for _ in range(3):
        assert drawn.integers(10) == anew.integers(10)
        np.testing.assert_array_equal(drawn.random(5), anew.random(5))


def test_threads_have_streams_of_their_own():
    streams = Streams()
    mine = streams.at(0, 1, 2)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(streams.at, 0, 3, 4).result()

    assert mine.random() == stream(0, 1, 2).random()


def test_picks_are_the_four_numbers_that_one_draw_of_four_gives():
    for population in (1, 5, 364, 100_000, 2**33):
        np.testing.assert_array_equal(
            picks(stream(1, 2, 3), population), stream(1, 2, 3).integers(population, size=4)
        )


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
