"""(b) Pictures that the device makes against those that OpenCV makes, of the same draws."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from darkpy.augment.device import training_pictures
from darkpy.augment.packed import Slot, pack
from darkpy.augment.recipe import Recipe
from scripts.device.asked import Asked, Row

_DRAWS = 200
_AT_ONCE = 20
_COLOUR = {"hue": 0.1, "saturation": 1.5, "exposure": 1.5}
RECIPES = {
    "crop, flip, colour": Recipe(jitter=0.3, resize=1.5, **_COLOUR),
    "all with mosaic": Recipe(jitter=0.3, **_COLOUR, blur=9, gaussian_noise=20, mosaic=True),
    "all with mixup": Recipe(jitter=0.3, **_COLOUR, blur=9, gaussian_noise=20, mixup=True),
    "rotation and mosaic": Recipe(jitter=0.3, rotate=40, mosaic=True),
    "SSD": Recipe(expand=4, ssd_crop=(0.1, 0.3, 0.5, 0.7, 0.9), ssd_distort=True),
}
MOST = 2  # grey levels, as tests/augment/test_device.py allows


def run(asked: Asked) -> Iterator[Row]:
    """A row a recipe: the largest and the mean difference."""
    high, wide = (32, 48) if asked.tiny else (320, 416)
    draws = 2 if asked.tiny else _DRAWS // len(RECIPES)
    for name, recipe in RECIPES.items():
        rng = np.random.default_rng(3)
        largest, total, values = 0, 0.0, 0
        for start in range(0, draws, _AT_ONCE):
            painted, made = _both(asked, recipe, rng, (high, wide), min(_AT_ONCE, draws - start))
            off = abs(made - painted)
            largest, total, values = (
                max(largest, int(off.max())),
                total + off.sum(),
                values + off.size,
            )
        note = f"{draws} pictures, mean {total / values:.4f}"
        yield Row(f"{name}, largest difference", largest, "levels", largest <= MOST, note)


def _both(
    asked: Asked, recipe: Recipe, rng: np.random.Generator, size: tuple[int, int], count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Training pictures of random ones: with OpenCV, and in one pass of the device."""
    slots, painted = [], []
    for _ in range(count):
        layout = recipe.layout(rng, *size)
        sizes = [tuple(rng.integers(60, 640, 2).tolist()) for _ in range(layout.pictures)]
        pictures = [rng.integers(256, size=(*hw, 3), dtype=np.uint8) for hw in sizes]
        truths = [_truths(rng, 3) for _ in sizes]
        drawn = recipe.draw(rng, layout, sizes, truths)
        placed, _ = recipe.place(drawn, truths)
        slots.append(Slot.of(layout, placed, pictures))
        painted.append(recipe.apply(drawn, pictures, truths)[0])
    made = training_pictures(pack(slots).to(asked.device)).cpu().numpy()
    return np.stack(painted).astype(int), made.astype(int)


def _truths(rng: np.random.Generator, count: int) -> np.ndarray:
    centre, size = rng.uniform(0.1, 0.9, (count, 2)), rng.uniform(0.1, 0.7, (count, 2))
    return np.hstack((centre, size, rng.integers(3, size=(count, 1)))).astype(np.float32)
