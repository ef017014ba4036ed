"""The cheapest way to pair rows with columns, each at most once: the Hungarian problem."""

from __future__ import annotations

import numpy as np


def cheapest_pairs(cost: np.ndarray, limit: float) -> tuple[np.ndarray, np.ndarray]:
    """Pair rows with columns of cost (R, C): (P,) rows, ascending, and their (P,) columns.

    As many pairs as can be that cost at most `limit` each, and of those ways the cheapest one.
    """
    rows, columns = cost.shape
    if not rows or not columns:
        return np.empty(0, int), np.empty(0, int)
    if rows > columns:
        mine, theirs = cheapest_pairs(cost.T, limit)
        order = theirs.argsort()
        return theirs[order], mine[order]
    # A forbidden pair costs more than any way of allowed ones, so that it is taken only where
    # nothing else is left; then it is dropped.
    allowed = np.isfinite(cost) & (cost <= limit)
    spread = np.abs(cost[allowed]).max(initial=0.0) + 1
    table = np.where(allowed, cost, 2 * spread * (rows + 1))
    matched = _shortest_paths(table)
    own = np.arange(rows)
    kept = allowed[own, matched]
    return own[kept], matched[kept]


def _shortest_paths(cost: np.ndarray) -> np.ndarray:
    """The column of each row, (R,), for cost (R, C) with R <= C; Jonker and Volgenant (1987).

    Row after row is brought in along the shortest augmenting path; prices keep all reduced costs
    at or above 0. What is inside the loops works on all columns at once.
    """
    rows, columns = cost.shape
    row_price, column_price = np.zeros(rows), np.zeros(columns)
    row_of, column_of = np.full(columns, -1), np.full(rows, -1)
    for start in range(rows):
        distance = np.full(columns, np.inf)
        before = np.full(columns, -1)  # the row from which a column is reached
        done = np.zeros(columns, bool)
        row, way = start, 0.0
        while row >= 0:
            reached = way + cost[row] - row_price[row] - column_price
            nearer = ~done & (reached < distance)
            distance[nearer] = reached[nearer]
            before[nearer] = row
            column = int(np.where(done, np.inf, distance).argmin())
            way = distance[column]
            done[column] = True
            row = row_of[column]
        held = done & (row_of >= 0)
        row_price[row_of[held]] += way - distance[held]
        row_price[start] += way
        column_price[done] -= way - distance[done]
        while row != start:
            row = before[column]
            row_of[column] = row
            column, column_of[row] = column_of[row], column
    return column_of
