"""Matching on tables of overlaps that are written out: rows are truths, columns anchors."""

from __future__ import annotations

import pytest
import torch

from darkpy.losses.matching import (
    NOTHING,
    AnchorMatches,
    banded,
    best_anchors,
    bipartite,
    overlap_table,
)
from darkpy.losses.mining import hardest


def given(matches, picture=0):
    """For each anchor its truth, -1 for a negative, -2 for one that is asked nothing."""
    nothing = torch.where(matches.negative, -1, -2)
    return torch.where(matches.positive, matches.truth, nothing)[picture].tolist()


def table(*rows):
    return torch.tensor([rows])


def test_each_truth_gets_an_anchor_however_little_it_overlaps():
    # .9 is the greatest, so that truth 0 has anchor 0, and truth 1 the best of those left.
    assert given(bipartite(table([0.9, 0.2, 0], [0.8, 0.3, 0.1]), 0.95)) == [0, 1, -1]


def test_a_truth_that_lost_its_anchor_gets_its_next_best_and_each_anchor_one_truth():
    rows = [0.8, 0.7, 0.6, 0], [0.79, 0.75, 0.1, 0], [0.78, 0.74, 0.2, 0]

    # Truth 0 takes anchor 0, truth 1 anchor 1, and truth 2 is left with .2.
    assert given(bipartite(table(*rows), 0.99)) == [0, 1, 2, -1]


def test_anchors_as_good_as_the_best_answer_too():
    assert given(bipartite(table([0.4, 0.1, 0.4, 0.39]), 0.5)) == [0, -1, 0, -1]


def test_what_rounding_tells_apart_is_alike():
    assert given(bipartite(table([0.4, 0.4 + 3e-8, 0.2]), 0.5)) == [0, 0, -1]


def test_from_the_threshold_on_an_anchor_answers_for_what_it_overlaps_most():
    assert given(bipartite(table([0.9, 0.5, 0.6], [0.1, 0.7, 0.6]), 0.5)) == [0, 1, 0]


def test_of_equal_overlaps_the_first_numbers_go_together():
    # Truth 0 comes first and has anchor 0; truth 1 gets the other one.
    assert given(bipartite(table([0.3, 0.3], [0.3, 0.3]), 0.9)) == [0, 1]


def test_rows_that_are_no_truth_ask_for_nothing():
    nothing = [NOTHING] * 3

    for way in (bipartite, best_anchors):
        assert given(way(table(nothing, [0.3, 0, 0], nothing), 0.5)) == [1, -1, -1]
        assert given(way(table(nothing), 0.5)) == [-1, -1, -1]
    assert given(banded(table(nothing), 0.5, 0.4)) == [-1, -1, -1]


def test_a_truth_that_overlaps_nothing_gets_nothing():
    assert given(bipartite(table([0.0, 0.0]), 0.5)) == [-1, -1]
    assert given(banded(table([0.0, 0.0]), 0.5, 0.4)) == [-1, -1]


def test_the_last_truth_gets_the_best_anchor_of_two():
    # torchvision's SSDMatcher(.5)
    assert given(best_anchors(table([0.2, 0.45, 0.1], [0.3, 0.6, 0.1]), 0.5)) == [-1, 1, -1]


def test_between_the_thresholds_nothing_is_asked():
    # torchvision's Matcher(.7, .3, allow_low_quality_matches=True)
    rows = [0.8, 0.5, 0.2, 0.1, 0.25, 0], [0.1, 0.4, 0.6, 0.6, 0.05, 0]

    assert given(banded(table(*rows), 0.7, 0.3)) == [0, -2, 1, 1, -1, -1]
    assert given(banded(table(*rows), 0.7, 0.3, forced=False)) == [0, -2, -2, -2, -1, -1]


def test_pictures_are_matched_each_for_itself():
    pair = torch.tensor([[[0.9, 0.1], [0.2, 0.1]], [[0.1, 0.2], [0.3, 0.9]]])

    matches = bipartite(pair, 0.5)

    assert given(matches) == [0, 1]
    assert given(matches, 1) == [0, 1]
    halves = AnchorMatches.joined([bipartite(pair[:1], 0.5), bipartite(pair[1:], 0.5)])
    assert given(halves, 1) == given(matches, 1)


def test_the_greedy_loop_gives_the_same():
    numbers = torch.rand(6, 9, 40, generator=torch.Generator().manual_seed(4))
    numbers[:, :, ::3] = 0

    matches = bipartite(numbers, 2.0)

    for picture, rows in enumerate(numbers):
        left, expected = rows.clone(), {}
        for _ in range(9):
            truth, anchor = divmod(int(left.argmax()), 40)
            expected[anchor] = truth
            left[truth], left[:, anchor] = -1, -1
        found = {a: int(matches.truth[picture, a]) for a in expected}
        assert found == expected
        assert int(matches.positive[picture].sum()) == len(expected)


def test_overlaps_are_of_all_pairs_and_none_of_what_is_no_truth():
    anchors = torch.tensor([[0.25, 0.25, 0.5, 0.5], [0.75, 0.25, 0.5, 0.5]])
    boxes = torch.tensor([[[0.5, 0.25, 0.5, 0.5], [0.25, 0.25, 0.5, 0.5]]])

    found = overlap_table(anchors, boxes, torch.tensor([[True, False]]))

    # Half of each: 1/8 over 3/8.
    assert found[0, 0].tolist() == pytest.approx([1 / 3, 1 / 3])
    assert found[0, 1].tolist() == [NOTHING, NOTHING]
    assert overlap_table(anchors, boxes[:, :0], torch.zeros(1, 0) > 0).tolist() == [[[NOTHING] * 2]]


def test_negatives_are_the_hardest_of_those_allowed():
    cost = torch.tensor([[5.0, 1, 4, 3, 2], [1.0, 1, 1, 1, 1]])
    among = torch.tensor([[False, True, True, True, True], [True] * 5])

    chosen = hardest(cost, among, torch.tensor([2, 3]))

    assert chosen.tolist() == [
        [False, False, True, True, False],
        [True, True, True, False, False],
    ]
    assert hardest(cost, among, torch.tensor([9, 0])).sum(dim=1).tolist() == [4, 0]
