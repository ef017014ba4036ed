"""The device form of an augmentation against the one with OpenCV, on the same draws."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from darkpy.augment import device
from darkpy.augment.blur import BACKGROUND, Blur
from darkpy.augment.colour import Colour
from darkpy.augment.crop import CropWindow
from darkpy.augment.device import training_pictures
from darkpy.augment.flip import Flip
from darkpy.augment.noise import Noise
from darkpy.augment.packed import Slot, pack
from darkpy.augment.parts import Draw, Layout, Part
from darkpy.augment.recipe import Recipe

HEIGHT, WIDTH = 64, 96
COLOUR = {"hue": 0.1, "saturation": 1.5, "exposure": 1.5}
SSD = (0.1, 0.3, 0.5, 0.7, 0.9)
RECIPES = {
    "resize alone": Recipe(jitter=0, resize=0, flip=False),
    "crop and flip": Recipe(jitter=0.3, resize=1.5),
    "letter box": Recipe(letter_box=True),
    "colour": Recipe(**COLOUR),
    "blur": Recipe(blur=9),
    "noise": Recipe(gaussian_noise=20),
    "mosaic": Recipe(jitter=0.3, resize=1.5, mosaic=True),
    "mixup": Recipe(mixup=True),
    "mixed mosaic": Recipe(jitter=0.3, resize=1.5, mosaic=True, mosaic_mixup=True),
    "rotation": Recipe(jitter=0.3, rotate=40, mosaic=True),
    "all with mosaic": Recipe(jitter=0.3, **COLOUR, blur=9, gaussian_noise=20, mosaic=True),
    "expand": Recipe(jitter=0.3, expand=4),
    "SSD's crop": Recipe(ssd_crop=SSD),
    "SSD's crops in a mosaic": Recipe(ssd_crop=SSD, expand=2, mosaic=True),
    "SSD's colours": Recipe(ssd_distort=True),
    "all of SSD": Recipe(expand=4, ssd_crop=SSD, ssd_distort=True),
    "all with mixup": Recipe(jitter=0.3, **COLOUR, blur=9, gaussian_noise=20, mixup=True),
}
# The sampling, the noise and the joining are the same integers in both forms.
EXACT = (
    "resize alone",
    "crop and flip",
    "letter box",
    "noise",
    "mosaic",
    "mixup",
    "mixed mosaic",
    "rotation",
    "expand",
    "SSD's crop",
    "SSD's crops in a mosaic",
)
ONE_LEVEL = ("SSD's colours", "all of SSD")


def _truths(rng: np.random.Generator, count: int) -> np.ndarray:
    centre, size = rng.uniform(0.1, 0.9, (count, 2)), rng.uniform(0.1, 0.7, (count, 2))
    return np.hstack((centre, size, rng.integers(3, size=(count, 1)))).astype(np.float32)


def _both_forms(
    recipe: Recipe, *, count: int = 10, channels: int = 3
) -> tuple[np.ndarray, np.ndarray]:
    """Training pictures from random ones of random sizes: with OpenCV, in one device pass."""
    rng = np.random.default_rng(3)
    slots, painted = [], []
    for _ in range(count):
        layout = recipe.layout(rng, HEIGHT, WIDTH)
        # From a quarter of the input to much more than is looked at.
        sizes = [tuple(rng.integers(24, 300, 2).tolist()) for _ in range(layout.pictures)]
        pictures = [rng.integers(256, size=(*size, channels), dtype=np.uint8) for size in sizes]
        truths = [_truths(rng, 3) for _ in sizes]
        drawn = recipe.draw(rng, layout, sizes, truths)
        placed, _ = recipe.place(drawn, truths)
        slots.append(Slot.of(layout, placed, pictures))
        painted.append(recipe.apply(drawn, pictures, truths)[0])
    return np.stack(painted).astype(int), training_pictures(pack(slots)).numpy().astype(int)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", RECIPES)
def test_both_forms_agree_within_two_grey_levels(name, channels):
    painted, made = _both_forms(RECIPES[name], channels=channels)

    off = abs(made - painted)
    assert made.shape == painted.shape
    assert off.max() <= (0 if name in EXACT else 1 if name in ONE_LEVEL else 2)
    assert off.mean() < 0.1


def _one(part: Part, pixels: np.ndarray, truths: np.ndarray) -> np.ndarray:
    """A single picture through the device form."""
    layout = Layout(HEIGHT, WIDTH)
    placed, _ = Recipe().place(Draw(layout, (part,)), [truths])
    return training_pictures(pack([Slot.of(layout, placed, [pixels])]))[0].numpy()


def _part(**changed) -> Part:
    plain = {"flip": Flip(), "colour": Colour(), "blur": Blur(), "noise": Noise()}
    return Part(CropWindow.whole((HEIGHT, WIDTH)), **{**plain, **changed})


NOTHING = np.zeros((0, 5), np.float32)


def test_a_picture_of_the_inputs_size_is_left_alone():
    pixels = np.random.default_rng(0).integers(256, size=(HEIGHT, WIDTH, 3), dtype=np.uint8)

    np.testing.assert_array_equal(_one(_part(), pixels, NOTHING), pixels)
    np.testing.assert_array_equal(_one(_part(flip=Flip(True)), pixels, NOTHING), pixels[:, ::-1])


def test_every_colour_is_changed_as_opencv_changes_it():
    # Every level of each channel, 32 steps apart in the other two, at the draw's own size.
    steps = np.arange(0, 256, 32)
    levels = np.stack(np.meshgrid(np.arange(256), steps, steps, indexing="ij"), -1)
    pixels = levels.reshape(-1, 3).astype(np.uint8).repeat(2, 0)
    pixels = np.resize(pixels, (HEIGHT * 6, WIDTH, 3))[: HEIGHT * 6]
    for colour in (Colour(0.1, 1.4, 0.8), Colour(-0.1, 0.6, 1.5), Colour(0.0, 1.0, 1.2)):
        for rows in np.split(pixels, 6):
            made = _one(_part(colour=colour), rows, NOTHING)
            assert abs(made.astype(int) - colour.image(rows)).max() <= 1


def test_objects_stay_sharp_before_a_blurred_background():
    pixels = np.random.default_rng(0).integers(256, size=(HEIGHT, WIDTH, 3), dtype=np.uint8)
    # Rows 16..48, columns 24..72.
    truths = np.float32([[0.5, 0.5, 0.5, 0.5, 0]])

    made = _one(_part(blur=Blur(BACKGROUND)), pixels, truths)

    np.testing.assert_array_equal(made[16:48, 24:72], pixels[16:48, 24:72])
    assert made[:16].std() < 0.5 * pixels[:16].std()


def test_large_pictures_travel_as_the_pixels_that_are_looked_at():
    layout, rng = Layout(HEIGHT, WIDTH), np.random.default_rng(0)
    pixels = rng.integers(256, size=(900, 1300, 3), dtype=np.uint8)
    recipe = Recipe(jitter=0.1)
    drawn = recipe.draw(rng, layout, [pixels.shape[:2]], [NOTHING])
    placed, _ = recipe.place(drawn, [NOTHING])

    slot = Slot.of(layout, placed, [pixels])

    # At most two rows and columns for each of the input's.
    high, wide = slot.sampled[0].pixels.shape[:2]
    assert high <= 2 * HEIGHT
    assert wide <= 2 * WIDTH
    made = training_pictures(pack([slot]))[0].numpy()
    np.testing.assert_array_equal(made, recipe.apply(drawn, [pixels], [NOTHING])[0])


def test_many_pictures_are_made_in_several_rounds(monkeypatch):
    recipe = RECIPES["all with mosaic"]
    _, at_once = _both_forms(recipe, count=7)
    monkeypatch.setattr("darkpy.augment.device._AT_ONCE", 2 * HEIGHT * WIDTH)

    _, in_rounds = _both_forms(recipe, count=7)

    np.testing.assert_array_equal(in_rounds, at_once)


def test_the_packed_form_moves_as_a_whole():
    layout = Layout(HEIGHT, WIDTH)
    placed, _ = Recipe().place(Draw(layout, (_part(),)), [NOTHING])
    packed = pack([Slot.of(layout, placed, [np.zeros((HEIGHT, WIDTH, 3), np.uint8)])])

    moved = packed.to(torch.device("meta"))

    tensors = [value for value in vars(moved).values() if isinstance(value, torch.Tensor)]
    assert len(tensors) == 18
    assert all(tensor.device.type == "meta" for tensor in tensors)


def test_a_compiler_sees_the_work_on_pixels_once_and_only_if_asked(monkeypatch):
    seen = []

    def compiled(function, **how):
        seen.append((function.__name__, how))
        return function

    monkeypatch.setattr(torch, "compile", compiled)
    device._compiled.cache_clear()
    plain = pack([_slot()])
    assert not plain.compiled

    made = [training_pictures(pack([_slot()], compiled=True)) for _ in range(2)]

    device._compiled.cache_clear()
    assert seen == [("_canvases", {"dynamic": True})]
    assert all(torch.equal(one, training_pictures(plain)) for one in made)


def _slot() -> Slot:
    layout = Layout(HEIGHT, WIDTH)
    pixels = np.random.default_rng(0).integers(256, size=(40, 50, 3), dtype=np.uint8)
    rng = np.random.default_rng(1)
    drawn = Recipe(hue=0.1).draw(rng, layout, [pixels.shape[:2]], [_truths(rng, 1)])
    placed, _ = Recipe(hue=0.1).place(drawn, [_truths(rng, 1)])
    return Slot.of(layout, placed, [pixels])
