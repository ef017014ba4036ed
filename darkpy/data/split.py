"""Training and validation pictures: whole groups on either side, every class on both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from darkpy.data.alike import distances

# The share of validation pictures may be off by these factors; beyond, groups are cut.
_TOO_FEW, _TOO_MANY = 0.5, 1.5
_MOST_CUTS = 64
_MORE_CUTS = 24  # for classes that would be missing on a side
_MIDDLE = 0.25  # a group is cut this far from its ends at the least, share of its length
_EXCHANGES = 300  # tries to improve a choice by exchanging a group for another
_CANDIDATES = 2000  # groups that each try looks at


@dataclass(frozen=True)
class Split:
    """valid: (P,) bool, the pictures to validate on. cut: groups that had to be cut in two."""

    valid: np.ndarray
    cut: int


def split_by_group(
    group: np.ndarray,
    hashes: np.ndarray,
    counts: np.ndarray,
    *,
    share: float,
    rng: np.random.Generator,
) -> Split:
    """Choose whole groups so that `share` of the pictures and of each class is validated on.

    group: (P,) group of each picture; within a group the order of the pictures is that of their
    names. hashes: (P,). counts: (P, K) objects of each class. A group is cut, where its
    neighbours differ most, only if no choice of whole groups comes near the share; where one has
    to be, more cuts are tried so that no class is missing on a side.
    """
    group, cut = np.array(group), 0
    while True:
        valid = _Choice(group, counts, share, rng).made()
        members = np.flatnonzero(group == np.bincount(group).argmax())
        if _is_near(valid, share) or cut == _MOST_CUTS or len(members) < 2:
            break
        _cut(group, members, hashes)
        cut += 1
    best, lacking = Split(valid, cut), _one_sided(valid, counts)
    missing, last = len(lacking), cut + _MORE_CUTS
    while best.cut and missing and cut < last:
        members = _with_rarest(group, counts, lacking)
        if len(members) < 2:
            break
        _cut(group, members, hashes)
        cut += 1
        valid = _Choice(group, counts, share, rng).made()
        lacking = _one_sided(valid, counts)
        if _is_near(valid, share) and len(lacking) < missing:
            best, missing = Split(valid, cut), len(lacking)
        elif not len(lacking):
            break
    return best


def _is_near(valid: np.ndarray, share: float) -> bool:
    return bool(_TOO_FEW * share <= valid.mean() <= _TOO_MANY * share)


def _one_sided(valid: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Classes of two pictures or more that are missing on one side."""
    present = counts > 0
    on_both = present[valid].any(axis=0) & present[~valid].any(axis=0)
    return np.flatnonzero(~on_both & (present.sum(axis=0) > 1))


def _with_rarest(group: np.ndarray, counts: np.ndarray, lacking: np.ndarray) -> np.ndarray:
    """The pictures of one group that hold the rarest of these classes: where most of them are."""
    present = counts[:, lacking] > 0
    rarest = present[:, present.sum(axis=0).argmin()]
    return np.flatnonzero(rarest & (group == np.bincount(group[rarest]).argmax()))


class _Choice:
    """Groups picked one by one, then exchanged, so that all shares are near the one wanted."""

    def __init__(
        self, group: np.ndarray, counts: np.ndarray, share: float, rng: np.random.Generator
    ) -> None:
        self.group, self.rng = group, rng
        number = int(group.max()) + 1
        amounts = np.zeros((number, 1 + counts.shape[1]))
        np.add.at(amounts[:, 0], group, 1)
        np.add.at(amounts[:, 1:], group, counts)
        self.sizes = amounts[:, 0].copy()
        total = amounts.sum(axis=0)
        self.amounts = amounts / np.maximum(total, 1)  # shares of all pictures, of each class
        self.weights = np.full(len(total), 1 / max(1, counts.shape[1]))
        self.weights[0] = 1.0
        self.missing = np.where(total > 0, share, 0.0)
        self.taken = np.zeros(number, dtype=bool)

    def made(self) -> np.ndarray:
        """The choice, (P,) bool."""
        order = self.rng.permutation(len(self.taken))
        order = order[np.argsort(-self.sizes[order], kind="stable")]
        for candidate in order:
            if self._off(self.missing - self.amounts[candidate]) < self._off(self.missing):
                self._move(candidate)
        if not self.taken.any() and len(order) > 1:
            self._move(order[-1])
        both_sides = self.taken.any() and not self.taken.all()
        for _ in range(_EXCHANGES if both_sides else 0):
            self._exchange()
        return self.taken[self.group]

    def _off(self, missing: np.ndarray) -> np.ndarray:
        """How far shares (..., 1+K) are from what is wanted."""
        return np.abs(missing) @ self.weights

    def _move(self, candidate: int) -> None:
        """To the other side."""
        sign = 1 if self.taken[candidate] else -1
        self.missing = self.missing + sign * self.amounts[candidate]
        self.taken[candidate] = not self.taken[candidate]

    def _exchange(self) -> None:
        """Give a random taken group back for the one that improves the choice most, if one does."""
        given = self.rng.choice(np.flatnonzero(self.taken))
        others = np.flatnonzero(~self.taken)
        if len(others) > _CANDIDATES:
            others = self.rng.choice(others, _CANDIDATES, replace=False)
        off = self._off(self.missing + self.amounts[given] - self.amounts[others])
        best = int(off.argmin())
        if off[best] < self._off(self.missing):
            self._move(given)
            self._move(others[best])


def _cut(group: np.ndarray, members: np.ndarray, hashes: np.ndarray) -> None:
    """Give the later part of a group a new number, from where these of its pictures change most."""
    steps = distances(hashes[members[:-1]], hashes[members[1:]])
    margin = int(len(steps) * _MIDDLE)
    inner = steps[margin : len(steps) - margin]
    at = members[margin + int(inner.argmax()) + 1]
    later = np.arange(len(group)) >= at
    group[later & (group == group[at])] = group.max() + 1
