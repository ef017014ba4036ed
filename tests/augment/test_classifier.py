"""The recipe of a classifier's training picture, and its parts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from darkpy.augment.blur import Blur
from darkpy.augment.classifier import ClassDraw, ClassifierRecipe, ClassMosaic, ClassPart, Mixup
from darkpy.augment.colour import Colour
from darkpy.augment.cutmix import CutMix
from darkpy.augment.flip import Flip
from darkpy.augment.mosaic import Mosaic
from darkpy.augment.turned_crop import TurnedCrop
from darkpy.cfg.net import NetOptions

SIZE = 32
SQUARE = {"height": SIZE, "width": SIZE, "min_crop": SIZE, "max_crop": 2 * SIZE}
GOLDEN = Path(__file__).parent.parent / "oracle/turned_crop/golden.npz"


@pytest.mark.oracle
@pytest.mark.parametrize("case", range(6))
def test_crop_and_colour_are_darknets(case):
    golden = np.load(GOLDEN)
    scale, aspect, radians, dx, dy, *colour = golden["draws"][case].tolist()
    crop, coloured = golden["crops"][case], golden["coloured"][case]

    made = TurnedCrop(16, scale, aspect, radians, dx, dy).image(golden["picture"])

    # Darknet goes on in floating point, darkpy with whole levels: half a level apart.
    assert abs(made - crop).max() <= 1
    assert abs(made - crop).mean() < 0.3
    changed = Colour(*colour).turned(np.rint(crop).astype(np.uint8))
    assert abs(changed - coloured).max() <= 1


def test_the_crop_is_drawn_within_its_limits():
    rng = np.random.default_rng(0)
    limits = {"angle": 10, "aspect": 1.25, "min_crop": 40, "max_crop": 60}
    drawn = [TurnedCrop.draw(rng, (100, 200), SIZE, **limits) for _ in range(4000)]

    # The picture stays wider than high (200 * .8 > 100): the height is scaled to 40..60 px.
    shorter = np.array([round(100 * crop.scale) for crop in drawn])
    assert set(shorter) == set(range(40, 61))
    assert abs(np.mean(shorter) - 50) < 4 * np.sqrt((21**2 - 1) / 12 / 4000)
    degrees = np.degrees([crop.radians for crop in drawn])
    assert abs(degrees).max() <= 10
    assert abs(degrees.std() - 10 / np.sqrt(3)) < 0.2
    aspects = np.array([crop.aspect for crop in drawn])
    assert aspects.min() >= 0.8
    assert aspects.max() <= 1.25
    assert abs((aspects > 1).mean() - 0.5) < 4 * 0.5 / np.sqrt(4000)
    # The window stays inside: half of what the scaled side is longer.
    for crop in drawn:
        assert abs(crop.dx) <= (200 * crop.scale / crop.aspect - SIZE) / 2 + 1e-9
        assert abs(crop.dy) <= max(0, (100 * crop.scale - SIZE) / 2) + 1e-9


def test_a_window_larger_than_the_picture_is_black_outside():
    # Scale 1/2: the 40 px picture takes the middle 20 of 32.
    made = TurnedCrop(SIZE, 0.5, 1.0, 0.0, 0.0, 0.0).image(np.full((40, 40, 3), 200, np.uint8))

    assert (made[7:25, 7:25] == 200).all()
    assert not made[:5].any()
    assert not made[:, 27:].any()


def test_the_hue_goes_round():
    red = np.full((1, 1, 3), (250, 10, 10), np.uint8)

    # A third of a turn back from red is blue; in 8-bit HSV, as for detectors, it would stay red.
    assert Colour(hue=-1 / 3).turned(red).tolist() == [[[10, 10, 250]]]


def test_cutmix_takes_30_to_80_percent_of_each_side():
    rng = np.random.default_rng(0)
    drawn = [CutMix.draw(rng, 50, 100) for _ in range(4000)]

    assert {cut.cut_w for cut in drawn} == set(range(30, 81))
    assert {cut.cut_h for cut in drawn} == set(range(15, 41))
    assert min(cut.left for cut in drawn) == 0
    # The C program draws up to width - cut - 1 and so never reaches the last column.
    assert max(cut.left + cut.cut_w for cut in drawn) == 99


def test_cutmix_pastes_the_rectangle_and_weighs_the_classes_by_area():
    first, second = (np.full((20, 20, 3), level, np.uint8) for level in (10, 200))
    cut = CutMix(left=4, top=2, cut_w=10, cut_h=8, height=20, width=20)

    joined = cut.joined([first, second])

    assert (joined[2:10, 4:14] == 200).all()
    assert (joined == 200).sum() == 3 * 80
    # 10 * 8 of 20 * 20.
    assert cut.shares == (0.8, 0.2)


def test_mosaic_weighs_the_classes_by_area():
    pictures = [np.full((20, 40, 1), level, np.uint8) for level in (1, 2, 3, 4)]
    mosaic = ClassMosaic(Mosaic(cut_x=10, cut_y=5, height=20, width=40))

    joined = mosaic.joined(pictures)

    # A quarter of the width, a quarter of the height.
    assert mosaic.shares == (1 / 16, 3 / 16, 3 / 16, 9 / 16)
    assert [int((joined == level).sum()) for level in (1, 2, 3, 4)] == [50, 150, 150, 450]


@pytest.mark.parametrize(
    ("knobs", "mixtures"),
    [
        ({}, ()),
        ({"mixup": True}, ("mixup",)),
        ({"cutmix": True}, ("cutmix",)),
        ({"mosaic": True, "mixup": True}, ("mosaic",)),
        ({"mosaic": True, "cutmix": True, "mixup": True}, ("cutmix", "mosaic")),
    ],
)
def test_which_mixtures_a_cfg_asks_for(knobs, mixtures):
    net = NetOptions(width=40, height=32, **knobs)

    recipe = ClassifierRecipe.from_options(net)

    assert recipe.mixtures == mixtures
    # parse_net_options(): min_crop is the width, max_crop twice as much.
    assert (recipe.min_crop, recipe.max_crop) == (40, 80)


def test_half_of_the_pictures_are_mixed_and_two_mixtures_take_turns():
    recipe, rng = ClassifierRecipe(**SQUARE, mixtures=("cutmix", "mosaic")), _rng()

    drawn = [type(recipe.mixture(rng)) for _ in range(10_000)]

    for kind, share in ((type(None), 0.5), (CutMix, 0.25), (ClassMosaic, 0.25)):
        deviation = np.sqrt(share * (1 - share) / 10_000)
        assert abs(drawn.count(kind) / 10_000 - share) < 4 * deviation


def _rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_every_fourth_picture_is_blurred():
    recipe, rng = ClassifierRecipe(**SQUARE, blur=1), _rng()

    kernels = np.array([recipe.draw(rng, None, []).blur.kernel for _ in range(4000)])

    assert set(kernels) == {0, 15}
    assert abs((kernels > 0).mean() - 0.25) < 4 * np.sqrt(0.25 * 0.75 / 4000)


@pytest.mark.parametrize("channels", [1, 3])
def test_all_knobs_together_give_a_picture_and_weights_that_add_up(channels):
    recipe = ClassifierRecipe(
        height=24,
        width=SIZE,
        min_crop=30,
        max_crop=50,
        angle=15,
        aspect=1.3,
        hue=0.1,
        saturation=1.5,
        exposure=1.5,
        blur=3,
        mixtures=("cutmix", "mosaic"),
    )
    rng = _rng()
    for _ in range(30):
        mixture = recipe.mixture(rng)
        count = len(mixture.shares) if mixture else 1
        pictures = [rng.integers(256, size=(40, 60, channels), dtype=np.uint8)] * count
        drawn = recipe.draw(rng, mixture, [(40, 60)] * count)

        pixels, target = recipe.apply(drawn, pictures, np.eye(5)[:count])

        assert pixels.shape == (24, SIZE, channels)
        assert pixels.dtype == np.uint8
        assert target.sum() == pytest.approx(1)
        assert (target[:count] > 0).all()


def test_mixup_is_half_and_half_in_pixels_and_classes():
    plain = ClassPart(TurnedCrop(SIZE, 1.0, 1.0, 0.0, 0.0, 0.0), Flip(), Colour())
    pictures = [np.full((SIZE, SIZE, 3), level, np.uint8) for level in (100, 200)]

    pixels, target = ClassifierRecipe(**SQUARE).apply(
        ClassDraw(Mixup(), (plain, plain), Blur()), pictures, np.eye(3)[1:]
    )

    assert (pixels == 150).all()
    assert target.tolist() == [0, 0.5, 0.5]


def test_a_marked_spot_stays_where_the_crop_says():
    # 8 px right and 4 below the middle of 64 px, where the window is scaled by 2 and moved by 6, 2.
    pixels = np.zeros((64, 64, 1), np.uint8)
    pixels[34:38, 38:42] = 255

    made = TurnedCrop(SIZE, 2.0, 1.0, 0.0, 6.0, 2.0).image(pixels)

    rows, columns = np.nonzero(made[..., 0] > 127)
    # (40 - 32) * 2 - 6 + 16 = 26; (36 - 32) * 2 - 2 + 16 = 22; twice as large, less half a px.
    assert abs(columns.mean() + 0.5 - 26) <= 1
    assert abs(rows.mean() + 0.5 - 22) <= 1
