"""pad=same_tf: the margin that TensorFlow calls SAME, as wide as the picture's side asks for."""

from __future__ import annotations

SAME_TF = "same_tf"


def margins_tf(hw: tuple[int, int], seen: int, steps: tuple[int, int]) -> tuple[int, int, int, int]:
    """Zeros left, right, above and below, px, so that ceil(side / step) windows fit.

    seen: how many pixels a window reaches over. An odd one of them lies right or below.
    """
    lacks = [
        max(0, (-(-side // step) - 1) * step + seen - side)
        for side, step in zip(reversed(hw), reversed(steps), strict=True)
    ]
    (left, right), (above, below) = ((n // 2, n - n // 2) for n in lacks)
    return left, right, above, below
