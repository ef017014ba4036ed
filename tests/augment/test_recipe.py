"""The whole recipe of a training picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from darkpy.augment.blur import Blur
from darkpy.augment.colour import Colour
from darkpy.augment.constrained_crop import ConstrainedCrop
from darkpy.augment.crop import CropWindow
from darkpy.augment.flip import Flip
from darkpy.augment.made import Source
from darkpy.augment.mosaic import Mosaic
from darkpy.augment.noise import Noise
from darkpy.augment.parts import Draw, Layout, Part
from darkpy.augment.recipe import Recipe
from darkpy.cfg.net import NetOptions

HEIGHT, WIDTH = 96, 128
PICTURE = (120, 150)
MARK = np.float32([[0.5, 0.45, 0.3, 0.2, 6]])


def _plain(size: tuple[int, int] = PICTURE) -> Part:
    """A part that only resizes."""
    return Part(CropWindow.whole(size), Flip(), Colour(), Blur(), Noise())


def _marked() -> np.ndarray:
    """A black picture with MARK's rectangle white: rows 42..66, columns 52.5..97.5."""
    pixels = np.zeros((*PICTURE, 3), np.uint8)
    pixels[42:66, 53:97] = 255
    return pixels


def _bright_box(pixels: np.ndarray) -> np.ndarray | None:
    """cx cy w h of what is brighter than the edge of a blurred mark."""
    rows, columns = np.nonzero(pixels[..., 0] > max(60, 0.6 * pixels[..., 0].max()))
    if not len(rows):
        return None
    left, right, top, bottom = columns.min(), columns.max() + 1, rows.min(), rows.max() + 1
    height, width = pixels.shape[:2]
    box = ((left + right) / 2 / width, (top + bottom) / 2 / height)
    return np.array((*box, (right - left) / width, (bottom - top) / height))


def _framed(pixels: np.ndarray, truths: np.ndarray) -> bool:
    """Whether enough of the mark is left to say that the truth lies around it; then it does,
    within three pixels. Of what is cut down to 4 px no truth may be left that is larger than that.
    """
    seen = _bright_box(pixels)
    if seen is None or min(seen[2:] * (WIDTH, HEIGHT)) <= 4:
        assert (truths[:, 2:4] * (WIDTH, HEIGHT)).min(axis=1, initial=99).max(initial=0) <= 4 + 3
        return False
    assert len(truths) == 1
    assert truths[0, 4] == 6
    off = abs(truths[0, :4] - seen) * (WIDTH, HEIGHT, WIDTH, HEIGHT)
    assert (off <= 3).all(), off
    return True


def _assert_ignored_alike(recipe: Recipe, draw: Draw, tables: list[np.ndarray]) -> int:
    """What is not judged frames the marked object as its truth would; -> how many boxes."""
    _, truths = recipe.apply(draw, [_marked()] * len(tables), tables)
    ignored = recipe.ignored(draw, tables)
    np.testing.assert_array_equal(ignored, truths)
    return len(ignored)


SSD = {"expand": 3.0, "ssd_crop": (0.1, 0.3, 0.5, 0.7, 0.9), "ssd_distort": True}
PICTURES_OF = {
    "expand": Recipe(jitter=0.1, expand=3),
    "SSD's colours": Recipe(ssd_distort=True),
    "plain": Recipe(jitter=0, flip=False),
    "jitter": Recipe(jitter=0.3, flip=False),
    "resize": Recipe(jitter=0, resize=1.5, flip=False),
    "flip": Recipe(jitter=0.1, flip=True),
    "letter_box": Recipe(jitter=0.2, letter_box=True),
    "colour": Recipe(hue=0.1, saturation=1.5, exposure=1.5),
    "blur": Recipe(jitter=0, blur=3),
    "noise": Recipe(gaussian_noise=10),
    "rotate": Recipe(jitter=0.1, rotate=25),
}


@pytest.mark.parametrize("name", PICTURES_OF)
def test_a_marked_object_stays_framed(name):
    recipe, rng = PICTURES_OF[name], np.random.default_rng(1)
    seen = 0
    for _ in range(40):
        layout = recipe.layout(rng, HEIGHT, WIDTH)
        draw = recipe.draw(rng, layout, [PICTURE], [MARK])

        pixels, truths = recipe.apply(draw, [_marked()], [MARK])

        assert pixels.shape == (HEIGHT, WIDTH, 3)
        assert layout.pictures == 1
        seen += _framed(pixels, truths)

    assert seen > 30


@pytest.mark.parametrize("name", [*PICTURES_OF, "mosaic", "mixup"])
def test_an_ignored_box_goes_where_a_truth_would(name):
    joined = {"mosaic": Recipe(mosaic=True, mosaic_bound=True), "mixup": Recipe(mixup=True)}
    recipe, rng = {**PICTURES_OF, **joined}[name], np.random.default_rng(3)
    seen = 0
    for _ in range(40):
        layout = recipe.layout(rng, HEIGHT, WIDTH)
        draw = recipe.draw(rng, layout, [PICTURE] * layout.pictures, [MARK] * layout.pictures)
        seen += _assert_ignored_alike(recipe, draw, [MARK] * layout.pictures)

    assert seen > 30


def test_an_ignored_box_stays_in_the_tile_of_its_picture():
    # All of the upper left picture is ignored. Cut at (64, 48) of 128 x 96 px its tile is the
    # first quarter, with mosaic_bound=0 too; a truth may reach into the neighbours' tiles there.
    whole = np.float32([[0.5, 0.5, 1, 1, -1]])
    mosaic = Mosaic(64, 48, HEIGHT, WIDTH)
    draw = Draw(Layout(HEIGHT, WIDTH, 4, mosaic), (_plain(),) * 4)

    ignored = Recipe(mosaic_bound=False).ignored(draw, [whole, *[whole[:0]] * 3])

    np.testing.assert_array_equal(ignored, np.float32([[0.25, 0.25, 0.5, 0.5, -1]]))


def test_an_ignored_box_stays_where_its_centre_is_cut_off():
    # The right half of the 150 px is cut away: of a crowd in columns 60..150 the part up to 75 is
    # left, the last fifth of the crop; of an object there nothing is asked.
    crop = ConstrainedCrop(0, 0, 75, 120, PICTURE)
    draw = Draw(Layout(HEIGHT, WIDTH), (replace(_plain(), crop=crop),))
    crowd = np.float32([[105 / 150, 0.5, 90 / 150, 1, 0]])

    ignored = Recipe().ignored(draw, [crowd])
    _, truths = Recipe().place(draw, [crowd])

    np.testing.assert_allclose(ignored, [[0.9, 0.5, 0.2, 1, 0]], atol=1e-6)
    assert not len(truths)


COLOURS = np.uint8([[255, 0, 0], [0, 255, 0], [0, 0, 255]])


def _three_colours() -> tuple[np.ndarray, np.ndarray]:
    """Three squares of 40 px on black, 200 x 240 px; the class is the colour's channel."""
    pixels, rows = np.zeros((200, 240, 3), np.uint8), []
    for number, (left, top) in enumerate(((10, 20), (100, 140), (180, 60))):
        pixels[top : top + 40, left : left + 40] = COLOURS[number]
        rows.append(((left + 20) / 240, (top + 20) / 200, 40 / 240, 40 / 200, number))
    return pixels, np.float32(rows)


def test_objects_keep_the_class_of_their_colour_through_all_of_ssd():
    pixels, truths = _three_colours()
    recipe, rng = Recipe(**{**SSD, "ssd_distort": False}), np.random.default_rng(0)
    objects, lost = 0, 0
    for _ in range(200):
        draw = recipe.draw(rng, Layout(96, 96), [pixels.shape[:2]], [truths])
        made, rows = recipe.apply(draw, [pixels], [truths])
        for cx, cy, w, h, number in rows.tolist():
            if min(w, h) * 96 < 5:
                continue
            # The middle of the visible part has the colour of the class, and only that.
            seen = made[int(cy * 96), int(cx * 96)]
            assert abs(seen.astype(int) - COLOURS[int(number)]).max() <= 60
            # The box ends where the colour does, to 2 px.
            columns, lines = np.nonzero((made[..., int(number)] > 128).T)
            ends = (columns.min(), columns.max() + 1, lines.min(), lines.max() + 1)
            said = (cx - w / 2, cx + w / 2, cy - h / 2, cy + h / 2)
            assert abs(np.array(said) * 96 - ends).max() <= 2
            objects += 1
        lost += 3 - len(rows)
    assert objects > 300
    assert lost > 50


def test_mosaics_of_ssds_crops_keep_objects_framed():
    recipe, rng = Recipe(**SSD, mosaic=True, mosaic_bound=True), np.random.default_rng(4)
    truths = [MARK, MARK[:0], MARK[:0], MARK[:0]]
    seen = 0
    for _ in range(60):
        layout = Layout(HEIGHT, WIDTH, 4, Mosaic.draw(rng, HEIGHT, WIDTH))
        draw = recipe.draw(rng, layout, [PICTURE] * 4, truths)
        pixels, rows = recipe.apply(draw, [_marked()] + [np.zeros_like(_marked())] * 3, truths)
        if len(rows):
            seen += _framed(pixels, rows)

    assert seen > 15


def test_pictures_for_ssds_crops_are_decoded_large_enough():
    # The smallest side is .3 / sqrt(2) = .2121 of the picture's: 300 / .2121 = 1414.2.
    assert Recipe(ssd_crop=(0.5,)).enough(300, 300) == (1415, 1415)


def test_old_recipes_draw_what_they_drew_before_ssds_keys_were_there():
    drawn = []
    for recipe in (Recipe(jitter=0.3), replace(Recipe(jitter=0.3), expand=1.0, ssd_crop=())):
        rng = np.random.default_rng(7)
        drawn.append(recipe.draw(rng, Layout(96, 96), [PICTURE], [MARK]))

    part = drawn[0].parts[0]
    rng = np.random.default_rng(7)
    assert part.crop == CropWindow.draw(rng, PICTURE, jitter=0.3, resize=1)
    assert part.flip == Flip.draw(rng, flip=True)
    assert drawn[0] == drawn[1]


def test_max_does_not_limit_what_is_ignored():
    five = np.repeat(MARK, 5, axis=0)
    draw = Draw(Layout(HEIGHT, WIDTH), (replace(_plain(), chosen=(0,)),))

    assert len(Recipe(objects=1).ignored(draw, [five])) == 5


@pytest.mark.parametrize("tile", range(4))
def test_a_marked_object_stays_framed_in_a_mosaic(tile):
    recipe, rng = Recipe(mosaic=True, mosaic_bound=True, resize=1.3), np.random.default_rng(tile)
    pictures = [np.zeros_like(_marked())] * 4
    truths = [MARK[:0]] * 4
    pictures[tile], truths[tile] = _marked(), MARK
    seen = 0
    for _ in range(80):
        layout = recipe.layout(rng, HEIGHT, WIDTH)
        if layout.mosaic is None:
            continue
        draw = recipe.draw(rng, layout, [PICTURE] * 4, truths)

        pixels, rows = recipe.apply(draw, pictures, truths)

        seen += _framed(pixels, rows)

    assert seen > 15


@pytest.mark.parametrize("which", [0, 1])
def test_a_marked_object_stays_framed_in_a_mixup(which):
    recipe, rng = Recipe(mixup=True), np.random.default_rng(0)
    pictures, truths = [np.zeros_like(_marked())] * 2, [MARK[:0]] * 2
    pictures[which], truths[which] = _marked(), MARK
    seen = 0
    for _ in range(20):
        layout = Layout(HEIGHT, WIDTH, pictures=2)
        draw = recipe.draw(rng, layout, [PICTURE] * 2, truths)

        seen += _framed(*recipe.apply(draw, pictures, truths))

    assert seen > 15


def test_every_second_mosaic_is_mixed_with_a_fifth_picture_that_keeps_its_objects():
    recipe = Recipe(mosaic=True, mosaic_mixup=True, jitter=0, flip=False)
    rng = np.random.default_rng(0)
    drawn = np.array([recipe.layout(rng, 96, 96).pictures for _ in range(10_000)])
    assert set(drawn) == {1, 4, 5}
    assert abs((drawn == 5).mean() - 0.25) < 4 * 0.0044

    # A mosaic of black pictures and a white one, half and half: 255/2 -> 128, to the even number.
    layout = Layout(HEIGHT, WIDTH, 5, Mosaic(64, 48, HEIGHT, WIDTH))
    black, white = np.zeros_like(_marked()), np.full_like(_marked(), 255)
    truths = [MARK[:0]] * 4 + [MARK]
    draw = recipe.draw(rng, layout, [PICTURE] * 5, truths)
    pixels, rows = recipe.apply(draw, [black] * 4 + [white], truths)

    assert (pixels == 128).all()
    np.testing.assert_allclose(rows, MARK, atol=1e-6)


@pytest.mark.parametrize(("knob", "pictures"), [("mosaic", 4), ("mixup", 2)])
def test_the_coin_for_mixup_and_mosaic_is_fair(knob, pictures):
    recipe, rng = Recipe(**{knob: True}), np.random.default_rng(0)

    drawn = np.array([recipe.layout(rng, 96, 96).pictures for _ in range(10_000)])

    assert set(drawn) == {1, pictures}
    assert abs((drawn == pictures).mean() - 0.5) < 4 * 0.005


def test_without_mixup_and_mosaic_there_is_no_coin():
    rng = np.random.default_rng(0)

    assert all(Recipe().layout(rng, 96, 96) == Layout(96, 96) for _ in range(50))


def test_in_a_mosaic_half_of_the_crops_move_to_their_corner():
    recipe, rng = Recipe(mosaic=True, jitter=0.3), np.random.default_rng(0)
    layout = next(one for one in iter(lambda: recipe.layout(rng, 96, 96), None) if one.mosaic)

    crops = [recipe.draw(rng, layout, [(96, 96)] * 4, [MARK[:0]] * 4).parts for _ in range(1000)]

    cornered = np.mean([0 in part.crop.margins[:2] for parts in crops for part in parts])
    # 4000 parts; jitter itself leaves a margin 0 in 2 * 1/28 of all.
    assert abs(cornered - 0.5) < 0.06


def test_too_many_truths_are_thinned_at_random_in_their_order():
    recipe = Recipe(objects=3, jitter=0, flip=False)
    truths = np.float32([[0.5, 0.5, 0.5, 0.5, number] for number in range(10)])
    chosen = set()
    for seed in range(30):
        rng = np.random.default_rng(seed)
        draw = recipe.draw(rng, Layout(32, 32), [PICTURE], [truths])
        _, rows = recipe.apply(draw, [_marked()], [truths])
        assert len(rows) == 3
        assert list(rows[:, 4]) == sorted(set(rows[:, 4]))
        chosen |= set(rows[:, 4].tolist())

    assert chosen == set(range(10))


def test_joined_pictures_keep_at_most_as_many_truths():
    recipe = Recipe(objects=3)
    two = np.float32([[0.5, 0.5, 0.5, 0.5, 1], [0.5, 0.5, 0.4, 0.4, 2]])
    parts = (_plain(), _plain())

    _, rows = recipe.apply(Draw(Layout(32, 32, 2), parts), [_marked()] * 2, [two] * 2)

    assert list(rows[:, 4]) == [1, 2, 1]


def test_a_mosaic_keeps_at_most_as_many_truths():
    recipe = Recipe(objects=3)
    mosaic = Mosaic(16, 16, 32, 32)
    # In the middle of every picture: each tile shows a quarter of it.
    two = np.float32([[0.5, 0.5, 0.5, 0.5, 1], [0.5, 0.5, 0.4, 0.4, 2]])

    _, rows = recipe.apply(
        Draw(Layout(32, 32, 4, mosaic), (_plain(),) * 4), [_marked()] * 4, [two] * 4
    )

    assert list(rows[:, 4]) == [1, 2, 1]


def test_a_small_object_keeps_its_picture_sharp():
    truth = np.float32([[0.5, 0.5, 0.1, 0.1, 0]])  # 3.2 of 32 px: no blur
    part = replace(_plain(), blur=Blur(9))
    draws = [Draw(Layout(32, 32), (one,)) for one in (part, _plain())]

    blurred, sharp = (Recipe().apply(draw, [_marked()], [truth])[0] for draw in draws)

    np.testing.assert_array_equal(blurred, sharp)


def test_grey_pictures_stay_grey():
    recipe = Recipe(hue=0.1, saturation=1.5, exposure=1.5, blur=5, gaussian_noise=5, mosaic=True)
    rng = np.random.default_rng(0)
    grey = _marked()[..., :1]
    for _ in range(20):
        layout = recipe.layout(rng, HEIGHT, WIDTH)
        n = layout.pictures
        draw = recipe.draw(rng, layout, [PICTURE] * n, [MARK] * n)

        pixels, _ = recipe.apply(draw, [grey] * n, [MARK] * n)

        assert pixels.shape == (HEIGHT, WIDTH, 1)


def test_source_pictures_are_not_written_to():
    recipe = Recipe(blur=1, gaussian_noise=5, hue=0.1, mosaic=True)
    rng = np.random.default_rng(0)
    source = _marked()
    source.flags.writeable = False
    for _ in range(20):
        layout = recipe.layout(rng, *PICTURE)
        n = layout.pictures
        draw = recipe.draw(rng, layout, [PICTURE] * n, [MARK] * n)
        recipe.apply(draw, [source] * n, [MARK] * n)


def test_the_recipe_comes_from_net_and_the_last_head():
    net = NetOptions(mosaic=True, mixup=True, hue=0.1, blur=3, letter_box=False)

    recipe = Recipe.from_options(net, jitter=0.3, resize=1.5, objects=90)

    assert (recipe.jitter, recipe.resize, recipe.objects) == (0.3, 1.5, 90)
    assert (recipe.hue, recipe.blur, recipe.mosaic) == (0.1, 3, True)
    assert recipe.layout(np.random.default_rng(0), 32, 32).pictures in (1, 4)


@pytest.mark.parametrize(
    ("knobs", "pictures"),
    [
        ({"cutmix": True}, {1}),
        ({"cutmix": True, "mixup": True}, {1}),  # load_data_detection() switches both off
        ({"cutmix": True, "mosaic": True}, {1, 4}),
    ],
)
def test_cutmix_is_not_for_detectors(knobs, pictures):
    recipe = Recipe.from_options(NetOptions(**knobs), jitter=0.2, resize=1, objects=9)
    rng = np.random.default_rng(0)

    assert {recipe.layout(rng, 32, 32).pictures for _ in range(50)} == pictures


@pytest.mark.parametrize("recipe", [Recipe(), Recipe(mosaic=True)], ids=["plain", "mosaic"])
def test_one_call_makes_what_the_steps_make_one_by_one(recipe):
    for seed in range(6):
        rng, asked = np.random.default_rng(seed), []

        def read(count, asked=asked):
            asked.append(count)
            return [Source(10 + n, _marked(), MARK, MARK[:0]) for n in range(count)]

        made = recipe.make(rng, (HEIGHT, WIDTH), read)

        rng = np.random.default_rng(seed)
        layout = recipe.layout(rng, HEIGHT, WIDTH)
        n = layout.pictures
        draw = recipe.draw(rng, layout, [PICTURE] * n, [MARK] * n)
        pixels, rows = recipe.apply(draw, [_marked()] * n, [MARK] * n)
        assert (asked, made.index, made.draw) == ([n], 10, draw)
        np.testing.assert_array_equal(made.pixels, pixels)
        np.testing.assert_array_equal(made.truths, rows)
