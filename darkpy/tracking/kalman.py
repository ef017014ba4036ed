"""Where moving boxes will be: a Kalman filter for all of them at once.

A box moves with a speed that changes little: the state is cx cy w h and their change a frame, in
shares of the picture. What is measured is cx cy w h. As in SORT and ByteTrack, the uncertainty is
a share of the box's size, here of the side that lies along the same axis.
"""

from __future__ import annotations

import numpy as np

_POSITION, _SPEED = 1 / 20, 1 / 160  # of a side: how far a measurement, how far a speed may be off
_BOX = 4

# One frame later: each value has moved by its change.
_MOVE = np.eye(2 * _BOX) + np.eye(2 * _BOX, k=_BOX)


class Motion:
    """T boxes in motion. mean (T, 8), spread (T, 8, 8): its covariance."""

    def __init__(self) -> None:
        self.mean = np.empty((0, 2 * _BOX))
        self.spread = np.empty((0, 2 * _BOX, 2 * _BOX))

    @property
    def boxes(self) -> np.ndarray:
        """Where they are, (T, 4) cxcywh."""
        return self.mean[:, :_BOX]

    def add(self, cxcywh: np.ndarray) -> None:
        """Boxes (N, 4) that were seen for the first time, at rest as far as anyone knows."""
        mean = np.concatenate((cxcywh, np.zeros_like(cxcywh)), axis=1)
        sides = _sides(cxcywh)
        deviation = np.concatenate((2 * _POSITION * sides, 10 * _SPEED * sides), axis=1)
        self.mean = np.concatenate((self.mean, mean))
        self.spread = np.concatenate((self.spread, _diagonal(deviation**2)))

    def keep(self, which: np.ndarray) -> None:
        """Forget all but some, (T,) bool."""
        self.mean, self.spread = self.mean[which], self.spread[which]

    def predict(self, lost: np.ndarray) -> None:
        """One frame later. lost (T,) bool: those not seen lately, which keep their size."""
        self.mean[np.ix_(lost, (_BOX + 2, _BOX + 3))] = 0
        sides = _sides(self.boxes)
        deviation = np.concatenate((_POSITION * sides, _SPEED * sides), axis=1)
        self.mean = self.mean @ _MOVE.T
        self.mean[:, 2:_BOX] = self.mean[:, 2:_BOX].clip(1e-6)
        self.spread = _MOVE @ self.spread @ _MOVE.T + _diagonal(deviation**2)

    def see(self, which: np.ndarray, cxcywh: np.ndarray) -> None:
        """Boxes (N, 4) were measured, of the tracks `which`, (N,) numbers."""
        if not len(which):
            return
        mean, spread = self.mean[which], self.spread[which]
        noise = _diagonal((_POSITION * _sides(mean[:, :_BOX])) ** 2)
        seen = spread[:, :_BOX, :_BOX] + noise
        gain = np.linalg.solve(seen, spread[:, :_BOX, :]).transpose(0, 2, 1)  # (N, 8, 4)
        off = cxcywh - mean[:, :_BOX]
        self.mean[which] = mean + (gain @ off[..., None])[..., 0]
        self.spread[which] = spread - gain @ spread[:, :_BOX, :]


def _sides(cxcywh: np.ndarray) -> np.ndarray:
    """w h w h of each box: what its values are compared with."""
    return np.tile(cxcywh[:, 2:_BOX], 2)


def _diagonal(values: np.ndarray) -> np.ndarray:
    """(N, D) -> (N, D, D)."""
    return values[:, :, None] * np.eye(values.shape[1])
