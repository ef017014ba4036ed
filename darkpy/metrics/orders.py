"""Orders of flat arrays, pairs of equal keys, firsts and bests: what all rules are made of."""

from __future__ import annotations

import numpy as np


def join(left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places (E,) in left and right of all pairs of equal keys, ascending by left, then right.

    Keys are whole numbers from 0 on.
    """
    order = np.argsort(right, kind="stable")
    most = max(left.max(initial=0), right.max(initial=0))
    if most < len(left) + len(right):  # a table of all keys is looked up faster than keys are found
        amount = np.bincount(right, minlength=most + 1)
        first, counts = (np.cumsum(amount) - amount)[left], amount[left]
    else:
        first = np.searchsorted(right, left, side="left", sorter=order)
        counts = np.searchsorted(right, left, side="right", sorter=order) - first
    begins = np.cumsum(counts) - counts
    within = np.arange(counts.sum()) + np.repeat(first - begins, counts)
    return np.repeat(np.arange(len(left)), counts), order[within]


def first_of_each(numbers: np.ndarray) -> np.ndarray:
    """Whether a number, -1 or more, occurs there for the first time, (E,) bool."""
    places = np.arange(len(numbers))
    first = np.empty(2 + numbers.max(initial=-1), dtype=np.int64)
    first[numbers[::-1]] = places[::-1]  # what is written last stays; that of -1 lies at the end
    return first[numbers] == places


def best_of_each(numbers: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Places of the largest value of each number, the first of equal ones; by number.

    numbers (E,) ascending, values (E,).
    """
    begins = np.flatnonzero(np.diff(numbers, prepend=-1))
    if not len(begins):
        return begins
    best = np.repeat(np.maximum.reduceat(values, begins), np.diff(begins, append=len(numbers)))
    places = np.flatnonzero(values == best)
    return places[np.flatnonzero(np.diff(numbers[places], prepend=-1))]


def falling(probs: np.ndarray) -> np.ndarray:
    """The stable order (D,) of probabilities, the largest first.

    The bits of a float32 that is not below 0 rise as it does: two halves are sorted by counting.
    """
    if probs.dtype != np.float32 or np.signbit(probs).any():
        return np.argsort(-probs, kind="stable")
    bits = ~np.ascontiguousarray(probs).view(np.uint32)
    order = np.argsort(bits.astype(np.uint16), kind="stable")
    return order[np.argsort((bits[order] >> 16).astype(np.uint16), kind="stable")]


def rising(numbers: np.ndarray) -> np.ndarray:
    """The stable order (D,) of whole numbers from 0 on, the smallest first."""
    few = numbers.max(initial=0) <= np.iinfo(np.uint16).max
    return np.argsort(numbers.astype(np.uint16) if few else numbers, kind="stable")
