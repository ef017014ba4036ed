"""sway=, rotate=, stretch=, stretch_sway= of [convolutional]: kernels made from other kernels."""

from __future__ import annotations

from typing import Any

from darkpy.sections.base import Place

# How a share of the kernels is made from the others; stages that the kernels are cut into.
TRANSFORMS = {"sway": 4, "rotate": 4, "stretch": 4, "stretch_sway": 8}


def check_transform(o: Any, place: Place) -> None:
    """Report transforms that exclude each other, or that the kernels cannot be cut for."""
    chosen = [name for name in TRANSFORMS if getattr(o, name)]
    if len(chosen) > 1:
        place.error(chosen[1], f"{' and '.join(chosen)} exclude each other; keep one of them")
    if not chosen:
        return
    kernels = o.filters * (place.input.c // o.kernel_groups)
    stages = TRANSFORMS[chosen[0]]
    if o.size == 1:
        place.error(chosen[0], f"{chosen[0]}=1 needs size=3 or more: one pixel has no shape")
    if kernels % stages:
        place.error(
            chosen[0],
            f"{chosen[0]}=1 shares the kernels out to {stages} stages, but there are {kernels} "
            f"(filters={o.filters} times {place.input.c // o.kernel_groups} channels)",
        )
