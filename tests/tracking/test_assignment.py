"""The cheapest pairing."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from darkpy.tracking.assignment import cheapest_pairs


def cheapest(cost, limit):
    """Pairs and cost of the best way, by trying all: first the most pairs, then the least cost."""
    rows, columns = cost.shape
    best = (0, 0.0)
    for chosen in itertools.permutations(range(columns + rows), rows):
        pairs = [(r, c) for r, c in enumerate(chosen) if c < columns and cost[r, c] <= limit]
        way = (-len(pairs), sum(cost[pair] for pair in pairs))
        best = min(best, way)
    return best


def test_the_cheapest_way_is_not_always_the_cheapest_first_step():
    # Taking the 1 first leaves the 9: 10. The other way costs 2 + 3 = 5.
    rows, columns = cheapest_pairs(np.array([[1.0, 2.0], [3.0, 9.0]]), 10)

    assert rows.tolist() == [0, 1]
    assert columns.tolist() == [1, 0]


@pytest.mark.parametrize("shape", [(3, 3), (2, 4), (4, 2), (1, 3), (3, 1)])
def test_it_equals_trying_all_ways(shape):
    rng = np.random.default_rng(7)
    for _ in range(60):
        cost = rng.integers(0, 9, shape).astype(float)
        cost[rng.random(shape) < 0.2] = np.inf
        limit = float(rng.integers(2, 9))
        rows, columns = cheapest_pairs(cost, limit)

        assert (-len(rows), cost[rows, columns].sum()) == cheapest(cost, limit)
        assert len(set(columns.tolist())) == len(columns)


def test_costs_below_zero_are_costs_too():
    # -5 and -1 against -4 and -3: -7 is cheaper than -6.
    rows, columns = cheapest_pairs(np.array([[-5.0, -4.0], [-3.0, -1.0]]), 0)

    assert columns[rows.argsort()].tolist() == [1, 0]


def test_nothing_pairs_with_nothing():
    for shape in ((0, 3), (3, 0), (0, 0)):
        assert len(cheapest_pairs(np.zeros(shape), 1)[0]) == 0


def test_many_are_paired_as_they_belong():
    # 300 points and the same points in another order, each moved a little.
    rng = np.random.default_rng(3)
    points, order = rng.random((300, 2)), rng.permutation(300)
    moved = points[order] + rng.normal(0, 1e-4, (300, 2))
    cost = np.linalg.norm(points[:, None] - moved, axis=2)
    rows, columns = cheapest_pairs(cost, 1)

    assert (order[columns] == rows).all()
