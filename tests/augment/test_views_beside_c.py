"""Two views of a picture have in common what they have in the C program: tests/oracle/views."""

from __future__ import annotations

import json

import pytest

from darkpy.augment.classifier import ClassifierRecipe
from darkpy.augment.recipe import Recipe
from darkpy.augment.views import Views
from darkpy.cfg.data import read_data
from darkpy.data.classes import read_class_dataset
from darkpy.data.dataset import read_dataset
from darkpy.data.frames import Frames
from darkpy.data.loader import Loader
from tests.augment.pairs_of_views import (
    COLOURS,
    INPUT_PX,
    PAIRS,
    classes_in_common,
    in_common,
    joined_in_common,
    write_pictures,
)
from tests.conftest import ROOT

ORACLE = json.loads((ROOT / "tests/oracle/views/views.json").read_text())
CHANCE = 0.3  # nearly four deviations of a half of 40 pairs
COLOURED = {"hue": 0.2, "saturation": 1.8, "exposure": 1.8}
TURNED = {"jitter": 0.2, "flip": True, **COLOURED}
STILL = {"jitter": 0.0, "flip": False}
DETECTORS = {
    "plain": (TURNED, Views(False, False)),
    "contrastive_jit_flip": (TURNED, Views(True, False)),
    "contrastive_color": (TURNED, Views(False, True)),
    "both": (TURNED, Views(True, True)),
    "zoomed": ({**STILL, "resize": 1.5}, Views(False, False)),
    "mixup": ({**STILL, "mixup": True}, Views(False, False)),
    "mosaic": ({**STILL, "mosaic": True, "mosaic_bound": True}, Views(False, False)),
    "track": ({**TURNED, "resize": 1.5}, Views(False, False)),
}
CLASSIFIERS = {
    "plain": COLOURED,
    "mixup": {"mixtures": ("mixup",)},
    "cutmix": {"mixtures": ("cutmix",)},
    "mosaic": {"mixtures": ("mosaic",)},
    "in turns": {"mixtures": ("cutmix", "mosaic")},
}


@pytest.fixture
def dataset_files(tmp_path):
    """The .data file of a picture of each colour."""
    (tmp_path / "list.txt").write_text("".join(f"{path}\n" for path in write_pictures(tmp_path)))
    (tmp_path / "v.data").write_text(f"classes={len(COLOURS)}\ntrain=list.txt\n")
    return read_data(tmp_path / "v.data")


def pairs_of(dataset, recipe, views, frames=None):
    """Pixels 0..1 and truths, or wanted classes, of pairs that the loader makes."""
    how = {"batch": 2, "mini_batch": 2, "size_hw": lambda _: (INPUT_PX, INPUT_PX), "threads": 0}
    found = []
    with Loader(dataset, recipe, seed=1, views=views, frames=frames, **how) as loader:
        for iteration in range(1, PAIRS + 1):
            (batch,) = loader.again(iteration)
            rows = batch.truths if batch.wanted is None else batch.wanted
            found.append((batch.images.numpy() / 255, rows.numpy()))
    return found


def as_theirs(ours: dict[str, float], theirs: dict[str, float]) -> bool:
    """Always and never where it is always and never there; else as often, but for chance."""
    return ours.keys() == theirs.keys() and all(
        ours[name] == share if share in (0, 1) else abs(ours[name] - share) < CHANCE
        for name, share in theirs.items()
    )


def detectors_pairs(data, name, frames=None):
    keys, views = DETECTORS[name]
    dataset = read_dataset(data.file("train"), data, len(COLOURS))
    pairs = pairs_of(dataset, Recipe(**{"resize": 1.0, **keys}), views, frames)
    return (joined_in_common if name in ("mixup", "mosaic") else in_common)(pairs)


@pytest.mark.oracle
@pytest.mark.parametrize("name", sorted(DETECTORS.keys() - {"track"}))
def test_a_detectors_views_have_in_common_what_the_c_programs_have(dataset_files, name):
    ours, theirs = detectors_pairs(dataset_files, name), ORACLE["detector"][name]

    assert as_theirs(ours, theirs), (ours, theirs)


@pytest.mark.oracle
def test_views_of_a_film_are_two_where_the_c_program_shows_one_twice(dataset_files):
    frames = Frames(sequences=2, steps=1, chained=lambda _: 1, speed=1, seed=1)

    ours = detectors_pairs(dataset_files, "track", frames)

    assert set(ORACLE["detector"]["track"].values()) == {1}
    assert ours == {"pictures": 1, "mirror": 1, "boxes": 0, "colour": 1}  # the zoom is another


@pytest.mark.oracle
@pytest.mark.parametrize("name", CLASSIFIERS)
def test_a_classifiers_views_have_in_common_what_the_c_programs_have(dataset_files, name):
    data, labels = dataset_files, [f"class{n}_" for n in range(len(COLOURS))]
    sizes = {"height": INPUT_PX, "width": INPUT_PX, "min_crop": INPUT_PX, "max_crop": INPUT_PX}
    recipe = ClassifierRecipe(**sizes, flip=False, **CLASSIFIERS[name])
    dataset = read_class_dataset(data.file("train"), data, labels, 0.0)

    ours = classes_in_common(pairs_of(dataset, recipe, Views(False, False)))

    theirs = dict(ORACLE["classifier"][name])
    if name == "in turns":
        # There a view may be a cutmix and the other a mosaic: half of the joined half.
        assert theirs.pop("pictures") == 0.75
        assert ours.pop("pictures") == 1
    assert as_theirs(ours, theirs), (ours, theirs)
