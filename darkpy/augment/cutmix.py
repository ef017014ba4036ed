"""CutMix, for classifiers: a rectangle of one picture pasted into another. arXiv:1905.04899."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Shares of a side that the rectangle takes: load_data_augment(), Darknet's src/data.c.
_SHORTEST, _LONGEST = 0.3, 0.8


@dataclass(frozen=True)
class CutMix:
    """The rectangle in px of an input of height x width."""

    left: int
    top: int
    cut_w: int
    cut_h: int
    height: int
    width: int

    @classmethod
    def draw(cls, rng: np.random.Generator, height: int, width: int) -> CutMix:
        """Each side 30 to 80 % of the input's, at a place where it fits."""
        cut_w, cut_h = (
            int(rng.integers(int(side * _SHORTEST), int(side * _LONGEST), endpoint=True))
            for side in (width, height)
        )
        left, top = int(rng.integers(width - cut_w)), int(rng.integers(height - cut_h))
        return cls(left, top, cut_w, cut_h, height, width)

    @property
    def shares(self) -> tuple[float, float]:
        """How much of the result is the picture's and how much the pasted one's; their sum is 1."""
        pasted = self.cut_w * self.cut_h / (self.width * self.height)
        return 1 - pasted, pasted

    def joined(self, pictures: list[np.ndarray]) -> np.ndarray:
        """Two (height, width, C) -> one."""
        picture, pasted = pictures
        joined = picture.copy()
        part = slice(self.top, self.top + self.cut_h), slice(self.left, self.left + self.cut_w)
        joined[part] = pasted[part]
        return joined
