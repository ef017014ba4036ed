"""contrastive=1: the second view of a picture, and what it has in common with the first."""

from __future__ import annotations

import numpy as np
import pytest

from darkpy.augment.classifier import ClassifierRecipe, CutMix
from darkpy.augment.made import Source
from darkpy.augment.recipe import Recipe
from darkpy.augment.views import SecondView, Views
from darkpy.cfg.net import NetOptions

SIZE_HW = 24, 32
ROWS = np.array([[0.5, 0.5, 0.25, 0.5, 1, 77], [0.25, 0.75, 0.5, 0.25, 0, 12]], np.float32)
ALL = Recipe(jitter=0.3, resize=1.5, hue=0.2, saturation=2, exposure=2, blur=3, gaussian_noise=5)


def _read(count):
    pixels = np.arange(30 * 40 * 3, dtype=np.uint8).reshape(30, 40, 3)
    return [Source(n, pixels, ROWS, ROWS[:0, :5], np.eye(3)[n % 3]) for n in range(count)]


def _pair(recipe, seed: int, views: Views):
    first = recipe.make(np.random.default_rng(seed), SIZE_HW, _read)
    second = SecondView(views, np.random.default_rng(1000 + seed))
    return first, recipe.make(np.random.default_rng(seed), SIZE_HW, _read, second=second)


def _shape(made):
    """Jitter's four numbers and the flip of each part."""
    return [(part.chances[2:], part.flip) for part in made.draw.parts]


def _colours(made):
    return [part.colour for part in made.draw.parts]


@pytest.mark.parametrize("recipe", [ALL, Recipe(jitter=0.3, resize=1.5, mosaic=True)])
@pytest.mark.parametrize("views", [Views(a, b) for a in (False, True) for b in (False, True)])
def test_both_views_have_the_jitter_flip_and_colour_that_are_not_their_own(recipe, views):
    pairs = [_pair(recipe, seed, views) for seed in range(12)]

    for first, second in pairs:
        assert len(first.draw.parts) == len(second.draw.parts)
        assert (_shape(first) == _shape(second)) is not views.shape
        for one, two in zip(first.draw.parts, second.draw.parts, strict=True):
            assert one.chances[:2] != two.chances[:2]  # the zoom is always another
    if recipe is ALL:
        assert all(_colours(a) == _colours(b) for a, b in pairs) is not views.colour
    joined = {len(first.draw.parts) for first, _ in pairs}
    assert joined == ({1, 4} if recipe.mosaic else {1})


def test_a_second_view_s_mosaic_is_cut_elsewhere():
    recipe = Recipe(mosaic=True)
    pairs = [_pair(recipe, seed, Views(False, False)) for seed in range(8)]
    cuts = [(a.draw.layout.mosaic, b.draw.layout.mosaic) for a, b in pairs]
    assert any(one is not None for one, _ in cuts)
    assert all(one != two for one, two in cuts if one is not None)


def test_an_object_has_its_track_in_both_views():
    still = Recipe(jitter=0, resize=0, flip=False)
    for made in _pair(still, 0, Views(True, True)):
        np.testing.assert_array_equal(made.truths, ROWS)
    for seed in range(6):
        for made in _pair(Recipe(mosaic=True), seed, Views(False, False)):
            assert {tuple(row) for row in made.truths[:, 4:]} <= {(1, 77), (0, 12)}


def test_a_classifier_s_views_share_pictures_and_mixture_only():
    recipe = ClassifierRecipe(
        height=24, width=24, min_crop=20, max_crop=40, hue=0.2, mixtures=("cutmix", "mosaic")
    )
    pairs = [_pair(recipe, seed, Views(False, False)) for seed in range(12)]
    kinds = set()
    for first, second in pairs:
        assert type(first.draw.mixture) is type(second.draw.mixture)
        kinds.add(type(first.draw.mixture))
        assert [p.colour for p in first.draw.parts] != [p.colour for p in second.draw.parts]
        if isinstance(first.draw.mixture, CutMix):
            assert first.draw.mixture != second.draw.mixture
    assert len(kinds) == 3


@pytest.mark.parametrize(
    ("keys", "views"),
    [
        ({}, None),
        ({"contrastive": True, "batch": 4, "subdivisions": 4}, None),
        ({"contrastive": True, "batch": 4}, Views(False, False)),
        ({"contrastive": True, "batch": 4, "contrastive_jit_flip": True}, Views(True, False)),
        ({"contrastive": True, "batch": 4, "contrastive_color": True}, Views(False, True)),
    ],
)
def test_who_sees_pictures_twice(keys, views):
    assert Views.of(NetOptions(**keys)) == views
