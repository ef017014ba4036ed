"""antialiasing= of [convolutional] and [maxpool]: they keep every pixel, a blur then skips some."""

from __future__ import annotations

from darkpy.sections.base import Shape, Window

SMALL = 2  # antialiasing=2 averages 2x2 px; any other value blurs with 1 2 1 along both sides


def window(antialiasing: int) -> tuple[int, int]:
    """Side of the blur's window and its margin, px."""
    return (2, 0) if antialiasing == SMALL else (3, 1)


def blurred(shape: Shape, antialiasing: int, steps: tuple[int, int]) -> Shape:
    """What the blur makes of `shape` with the given vertical and horizontal step."""
    size, margin = window(antialiasing)
    h, w = (
        (side + 2 * margin - size) // step + 1
        for side, step in zip((shape.h, shape.w), steps, strict=True)
    )
    return Shape(shape.c, h, w)


def blur_window(antialiasing: int, steps: tuple[int, int]) -> tuple[Window, ...]:
    """What the blur sees and skips; nothing without one."""
    size = window(antialiasing)[0]
    return (Window((size, size), steps),) if antialiasing else ()
