"""A split keeps groups whole, and the share of pictures and of each class."""

from __future__ import annotations

import numpy as np
import pytest

from darkpy.data.split import split_by_group


def split(group, counts=None, *, share=0.2, seed=0, hashes=None):
    group = np.asarray(group)
    counts = np.ones((len(group), 1), dtype=int) if counts is None else np.asarray(counts)
    if hashes is None:
        hashes = np.random.default_rng(1).integers(0, 2**63, len(group), dtype=np.uint64)
    rng = np.random.default_rng(seed)
    return split_by_group(group, hashes, counts, share=share, rng=rng)


@pytest.mark.parametrize("seed", range(5))
def test_no_group_lies_on_both_sides(seed):
    group = np.sort(np.random.default_rng(seed).integers(0, 40, 300))
    group = np.unique(group, return_inverse=True)[1]
    result = split(group, seed=seed)

    assert set(group[result.valid]).isdisjoint(group[~result.valid])
    assert result.cut == 0
    assert abs(result.valid.mean() - 0.2) < 0.02


def test_rare_classes_are_on_both_sides_in_their_share():
    # 1000 pictures; class 1 in every 50th, five objects each: 100 objects, 20 of them for valid.
    counts = np.zeros((1000, 2), dtype=int)
    counts[:, 0] = 1
    counts[::50, 1] = 5
    result = split(np.arange(1000), counts)

    assert result.valid.sum() == 200
    assert counts[result.valid, 1].sum() == 20


def test_five_equal_videos_give_one_whole():
    result = split(np.repeat(np.arange(5), 30))

    assert (result.valid.sum(), result.cut) == (30, 0)


def test_a_single_video_is_cut_where_it_changes_most():
    # One group; the scene changes between the pictures 29 and 30 of 100, within the middle half.
    hashes = np.where(np.arange(100) < 30, 0, 2**40 - 1).astype(np.uint64)
    result = split(np.zeros(100, dtype=int), hashes=hashes, share=0.3)

    assert result.cut == 1
    assert result.valid.sum() == 30
    assert result.valid[:30].all()


def test_the_same_seed_gives_the_same_choice_and_another_one_another():
    group = np.arange(200)

    assert (split(group, seed=3).valid == split(group, seed=3).valid).all()
    assert (split(group, seed=3).valid != split(group, seed=4).valid).any()


def test_pictures_without_objects_can_be_split():
    assert split(np.arange(10), np.zeros((10, 3), dtype=int)).valid.sum() == 2


def test_two_pictures_become_one_and_one():
    assert split(np.arange(2)).valid.sum() == 1


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("at", [0, 40, 90])
def test_a_video_whose_rare_class_comes_once_is_cut_so_that_both_sides_see_it(at, seed):
    # 100 frames of one video that drifts; class 1 in ten frames after each other, 33 objects.
    counts = np.zeros((100, 2), dtype=int)
    counts[:, 0] = 4
    counts[at : at + 10, 1] = [3, 3, 3, 3, 3, 3, 3, 4, 4, 4]
    bits = np.array([2 ** (i // 2) - 1 for i in range(100)], dtype=np.uint64)

    result = split(np.zeros(100, dtype=int), counts, hashes=bits, seed=seed)

    seen = counts[result.valid, 1].sum()
    assert 0 < seen < 33
    # -valid .2, and at most half of it off.
    assert 10 <= result.valid.sum() <= 30
    # Pieces stay whole: not more borders than cuts.
    assert (np.diff(result.valid.astype(int)) != 0).sum() <= result.cut <= 12


def test_a_class_that_only_one_group_has_is_no_reason_to_cut_where_none_has_to_be():
    counts = np.ones((100, 2), dtype=int)
    counts[:, 1] = np.arange(100) < 20

    assert split(np.repeat(np.arange(5), 20), counts).cut == 0
