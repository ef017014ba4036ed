"""Lists of numbers in the forms of OpenCV before and after 4.5.4: (N, 1) became (N,)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np


class Number(int):
    """A number that is also the only one of a row: scripts write `i - 1` or `i[0] - 1`."""

    def __getitem__(self, index: int) -> int:
        return (int(self),)[index]


class Real(float):
    """A float that is also the only one of a row."""

    def __getitem__(self, index: int) -> float:
        return (float(self),)[index]


class Elements(np.ndarray):
    """Numbers (N,) whose elements are `Number` or `Real`."""

    def __iter__(self) -> Iterator[Any]:
        return (self[index] for index in range(len(self)))

    def __getitem__(self, index: Any) -> Any:
        found = super().__getitem__(index)
        if isinstance(found, np.integer):
            return Number(found)
        return Real(found) if isinstance(found, np.floating) else found
