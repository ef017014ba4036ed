"""Suppression of boxes of which few are alike: all of a class at once, in a few rounds.

In a round every box that no likelier one of its like is left for stays, and silences its like.
That is the greedy rule, for a box depends on the likelier ones of its like only.
"""

from __future__ import annotations

import numpy as np

_ROUNDS = 64  # so long a chain is quicker walked along box by box


def suppressed_in_rounds(
    probs: np.ndarray, one: np.ndarray, other: np.ndarray
) -> np.ndarray | None:
    """Probabilities (N, K) with those of suppressed boxes set to 0; one, other (E,) are alike.

    None if it takes too many rounds.
    """
    left = probs.copy()
    for k in range(probs.shape[1]):
        silenced = _silenced(np.ascontiguousarray(probs[:, k]), one, other)
        if silenced is None:
            return None
        left[silenced, k] = 0
    return left


def _silenced(probs: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray | None:
    """Which boxes of one class, probs (N,), do not stay, (N,) bool. None after _ROUNDS.

    Of equal probabilities the earlier box wins. What has no probability is no candidate.
    """
    both = np.flatnonzero((probs[one] > 0) & (probs[other] > 0))
    one, other = one[both], other[both]
    earlier, later = np.minimum(one, other), np.maximum(one, other)
    wins = probs[earlier] >= probs[later]
    first, second = np.where(wins, earlier, later), np.where(wins, later, earlier)
    silenced = np.zeros(len(probs), dtype=bool)
    for _ in range(_ROUNDS):
        if not len(first):
            return silenced
        waits = np.zeros(len(probs), dtype=bool)
        waits[second] = True
        stays = ~waits[first]
        silenced[second[stays]] = True
        open_ = ~(stays | silenced[first] | silenced[second])
        first, second = first[open_], second[open_]
    return None if len(first) else silenced
