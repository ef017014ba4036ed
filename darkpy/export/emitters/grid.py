"""Cells of a head and sizes of the picture: constants, or computed where any size may come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from darkpy.export.graph import Graph, Value
from darkpy.sections.base import Shape


@dataclass(frozen=True)
class Grid:
    """corners: column and row of each cell, (1, 1, 2, H*W). wh: width and height, (1, 1, 2, 1)."""

    corners: Value
    wh: Value

    @classmethod
    def of(cls, g: Graph, features: Value, shape: Shape) -> Grid:
        """The grid of features (B, C, H, W)."""
        if not g.fixed:
            return cls(_counted(g, features), wh_of(g, features))
        row, column = np.mgrid[: shape.h, : shape.w]
        corners = np.stack((column.ravel(), row.ravel())).astype(np.float64)
        wh = np.array([[float(shape.w)], [float(shape.h)]])
        return cls(g.constant(corners[None, None]), g.constant(wh[None, None]))


def wh_of(g: Graph, x: Value) -> Value:
    """Width and height of (B, C, H, W), (1, 1, 2, 1), computed when it runs."""
    sides = g.op("Gather", g.op("Shape", x), g.whole(3, 2), axis=0)
    return g.reshape(g.cast(sides, g.float), 1, 1, 2, 1)


def _counted(g: Graph, x: Value) -> Value:
    """Column and row of each cell of (B, C, H, W), by running sums of ones."""
    shape = g.concat([g.whole(1, 1), g.shape_part(x, 2, 4)], 0)
    ones = g.op("Expand", g.constant(np.ones((1, 1, 1, 1))), shape)
    axes = [g.constant(np.array(axis, dtype=np.int64)) for axis in (3, 2)]
    lines = [g.add(g.op("CumSum", ones, axis), -1.0) for axis in axes]
    return g.reshape(g.concat(lines, 1), 1, 1, 2, -1)
