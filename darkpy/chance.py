"""Chance that depends on seed, iteration and place in the batch only, not on who draws when."""

from __future__ import annotations

import secrets

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


def picks(rng: np.random.Generator, population: int) -> np.ndarray:
    """Numbers of the pictures a slot may take, (4,) int64; the first draw from its stream.

    Uniform with replacement over the data set: get_random_paths_custom(), Darknet's src/data.c.
    """
    return rng.integers(population, size=PICTURES_PER_SLOT)
