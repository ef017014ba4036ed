"""Chance that depends on seed, iteration and place in the batch only, not on who draws when."""

from __future__ import annotations

import secrets
import threading

import numpy as np

PICTURES_PER_SLOT = 4  # a mosaic takes them all, a plain picture the first
_WORD = 2**64
_SEED_BITS = 31
# Places that no picture of a batch has, for what is drawn once an iteration.
SIZE_SLOT = 2**31 - 1
RATE_SLOT = 2**31 - 2
ATTACK_SLOT = 2**31 - 3
PEER_SLOTS = 2**31 - 4  # of the first device; those of the others lie below it
SPEED_SLOTS = 2**30  # of the first sequences of an iteration; those of the others lie below it


def drawn_seed() -> int:
    """A seed where none was given."""
    return secrets.randbits(_SEED_BITS)


def stream(seed: int, iteration: int, slot: int) -> np.random.Generator:
    """The random numbers of picture `slot` of the batch of `iteration`.

    Counter-based (Philox): the seed is the key, iteration and slot are the counter's high words,
    so any stream can be had at once, in any process, before and after a restart.
    """
    return np.random.Generator(
        np.random.Philox(key=seed % _WORD, counter=(0, 0, slot % _WORD, iteration % _WORD))
    )


class Streams(threading.local):
    """`stream` for threads that are done with one before they take the next: without a new one.

    Making Philox anew takes twenty times as long as setting its counter.
    """

    def __init__(self) -> None:
        self._source = np.random.Philox(key=0)
        self._rng = np.random.Generator(self._source)
        self._key, self._counter = np.zeros(2, np.uint64), np.zeros(4, np.uint64)
        self._state = {
            **self._source.state,  # nothing drawn yet, and nothing left over from before
            "state": {"key": self._key, "counter": self._counter},
        }

    def at(self, seed: int, iteration: int, slot: int) -> np.random.Generator:
        """The random numbers of `stream`, until this thread asks for the next."""
        self._key[0] = seed % _WORD
        self._counter[2:] = slot % _WORD, iteration % _WORD
        self._source.state = self._state
        return self._rng


def picks(rng: np.random.Generator, population: int) -> np.ndarray:
    """Numbers of the pictures a slot may take, (4,) int64; the first draw from its stream.

    Uniform with replacement over the data set: get_random_paths_custom(), Darknet's src/data.c.
    """
    numbers = (rng.integers(population) for _ in range(PICTURES_PER_SLOT))
    return np.fromiter(numbers, np.int64)  # as with size=, in half the time
