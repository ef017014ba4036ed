"""Mutations of binary files: bytes -> bytes, each by one accident or malice."""

from __future__ import annotations

import random
import struct

from mutations.cfg import cut_beginning, cut_end, delete_bytes, flip_bytes, insert_bytes

_WORDS = (
    *(struct.pack("<f", x) for x in (float("nan"), float("inf"), -1e38, 1e30, -1.0, 0.0)),
    *(struct.pack("<i", x) for x in (-(2**31), -1, 0, 1, 2**31 - 1, 2**24)),
)
_LONGEST_RUN = 2000


def mutated(raw: bytes, rng: random.Random) -> bytes:
    """The file after one to three mutations."""
    for _ in range(rng.randint(1, 3)):
        raw = rng.choice(MUTATIONS)(raw, rng)
    return raw


def flip_one_bit(raw: bytes, rng: random.Random) -> bytes:
    if not raw:
        return raw
    changed = bytearray(raw)
    changed[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def plant_word(raw: bytes, rng: random.Random) -> bytes:
    """Another number where floats and integers of four bytes stand; often in the header."""
    words = len(raw) // 4
    if not words:
        return raw
    at = 4 * rng.choice((rng.randrange(min(words, 8)), rng.randrange(words)))
    return raw[:at] + rng.choice(_WORDS) + raw[at + 4 :]


def overwrite_run(raw: bytes, rng: random.Random) -> bytes:
    """A block of a disk that reads as nothing."""
    at, length = rng.randint(0, len(raw)), rng.randint(1, _LONGEST_RUN)
    filler = rng.choice((b"\x00", b"\xff")) * length
    return (raw[:at] + filler + raw[at + length :])[: len(raw)]


def repeat_whole(raw: bytes, rng: random.Random) -> bytes:
    return raw + raw[: rng.randint(0, len(raw))]


def empty(raw: bytes, rng: random.Random) -> bytes:
    return b""


MUTATIONS = (
    *(flip_one_bit, flip_one_bit, flip_bytes, plant_word, plant_word, overwrite_run),
    *(insert_bytes, delete_bytes, cut_end, cut_end, cut_beginning, repeat_whole, empty),
)
