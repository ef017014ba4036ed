"""Anchors: overlaps of sizes, the fit to a data set, k-means with 1 - IoU as the distance."""

from __future__ import annotations

import numpy as np
import pytest

from darkpy.errors import DataError
from darkpy.metrics import anchors
from darkpy.metrics.anchors import Fit, fit, kmeans, nearest_overlaps, overlaps, worth_changing


def rng(seed=0):
    return np.random.default_rng(seed)


def clusters(*centres, each=20, seed=1):
    """Sizes within 5 % of each of the centres."""
    spread = rng(seed).uniform(0.95, 1.05, (len(centres), each, 2))
    return (np.array(centres)[:, None] * spread).reshape(-1, 2)


def test_sizes_are_compared_as_boxes_with_one_corner_in_common():
    # 10x20 and 20x10 share 10x10; the union is 200 + 200 - 100.
    table = overlaps([[10, 20], [20, 20]], [[20, 10], [10, 20], [40, 40]])

    assert table == pytest.approx(
        np.array([[100 / 300, 1, 200 / 1600], [200 / 400, 200 / 400, 400 / 1600]])
    )


def test_a_size_without_area_fits_nothing():
    assert overlaps([[0, 10]], [[0, 5], [10, 10]]).tolist() == [[0, 0]]


def test_the_fit_is_the_mean_overlap_and_the_share_above_a_half():
    # Nearest of 10x10 and 40x40:  10x10 -> 1,  20x10 -> 100/200,  40x20 -> 800/1600, 30x40 -> 3/4.
    sizes = [[10, 10], [20, 10], [40, 20], [30, 40]]
    given = [[10, 10], [40, 40]]

    assert nearest_overlaps(sizes, given) == pytest.approx([1, 0.5, 0.5, 0.75])
    # A half is not above a half.
    assert fit(sizes, given) == Fit(avg_iou=0.6875, recall=0.5)
    assert fit(sizes, given, threshold=0.8).recall == 0.25


def test_the_fit_to_no_boxes_is_zero():
    assert fit(np.empty((0, 2)), [[10, 10]]) == Fit(0, 0)


def test_one_cluster_is_the_mean_size():
    # do_kmeans() of the C program: a centre is the mean of the sizes nearest to it.
    assert kmeans([[10, 20], [20, 40], [30, 60]], 1, rng()).tolist() == [[20, 40]]


def test_two_clusters_are_found_and_their_average_overlap_is_known():
    found = kmeans([[10, 10], [12, 10], [100, 100], [100, 80]], 2, rng())

    # Means 11x10 and 100x90. Overlaps: 100/110, 110/120, 9000/10000, 8000/9000.
    assert found.tolist() == [[11, 10], [100, 90]]
    expected = (100 / 110 + 110 / 120 + 0.9 + 80 / 90) / 4
    assert fit([[10, 10], [12, 10], [100, 100], [100, 80]], found).avg_iou == pytest.approx(
        expected
    )


def test_anchors_come_smallest_area_first():
    found = kmeans(clusters((100, 10), (20, 20), (50, 60)), 3, rng())

    assert found.prod(axis=1).tolist() == sorted(found.prod(axis=1))
    assert found == pytest.approx(np.array([[20, 20], [100, 10], [50, 60]]), rel=0.05)


def test_the_same_seed_gives_the_same_anchors():
    sizes = rng(3).lognormal(3, 1, (400, 2))

    assert np.array_equal(kmeans(sizes, 5, rng(7)), kmeans(sizes, 5, rng(7)))


def test_more_restarts_never_fit_worse_on_the_whole():
    sizes = rng(4).lognormal(3, 1, (300, 2))
    few = [fit(sizes, kmeans(sizes, 6, rng(seed), restarts=1)).avg_iou for seed in range(8)]

    assert fit(sizes, kmeans(sizes, 6, rng(0))).avg_iou >= max(few) - 0.002


def test_the_unit_does_not_matter():
    sizes = rng(5).lognormal(3, 1, (200, 2))

    assert kmeans(sizes * [2, 0.5], 4, rng(1)) == pytest.approx(kmeans(sizes, 4, rng(1)) * [2, 0.5])


def test_more_boxes_than_the_sample_end_as_well_as_all_at_once(monkeypatch):
    sizes = clusters((10, 10), (40, 80), (200, 90), each=200)
    whole = fit(sizes, kmeans(sizes, 3, rng())).avg_iou
    monkeypatch.setattr(anchors, "_SAMPLE", 60)
    monkeypatch.setattr(anchors, "_BLOCK", 100)

    assert fit(sizes, kmeans(sizes, 3, rng())).avg_iou == pytest.approx(whole)


def test_boxes_without_area_are_left_out():
    assert kmeans([[0, 0], [5, 0], [10, 20]], 1, rng()).tolist() == [[10, 20]]


def test_more_anchors_than_different_sizes_are_refused():
    with pytest.raises(DataError, match="3 anchors need boxes of 3 different sizes, there are 2"):
        kmeans([[1, 1], [2, 2], [2, 2]], 3, rng())
    with pytest.raises(DataError, match="there are 0"):
        kmeans(np.empty((0, 2)), 1, rng())


def test_anchors_are_worth_changing_only_for_a_clear_gain():
    assert not worth_changing(Fit(0.60, 0.9), Fit(0.69, 1))
    assert worth_changing(Fit(0.60, 0.9), Fit(0.71, 0.9))
    assert not worth_changing(Fit(0.60, 0.9), Fit(0.50, 1))


@pytest.mark.parametrize("seed", range(10))
def test_a_size_that_is_a_centre_already_is_not_drawn_again(seed):
    # 50 boxes of one size and two of others: three centres by distance are always these three.
    wh = np.array([[1.0, 1.0]] * 50 + [[4.0, 4.0], [9.0, 9.0]])

    centres = anchors._spread(wh, 3, np.random.default_rng(seed))

    assert sorted(centres[:, 0]) == [1, 4, 9]
