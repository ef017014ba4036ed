"""Which labels look wrong: one of each kind, and none where all is well."""

from __future__ import annotations

import numpy as np
import pytest

from darkpy.metrics.collected import FlatDetections
from darkpy.metrics.suspects import suspects
from darkpy.metrics.suspicion import KINDS, suspicions
from tests.metrics.pictures import collected, found

# six places far from each other
GRID = [[0.1 + 0.3 * x, 0.2 + 0.5 * y, 0.1, 0.1] for y in range(2) for x in range(3)]
SURE = [*GRID[0], 0.9, 0.0]


def ordinary(pictures: int = 10) -> list[FlatDetections]:
    """Pictures with three objects of class 0 that are found, each a little off."""
    rng = np.random.default_rng(1)
    parts = []
    for _ in range(pictures):
        rows = [[x + 0.01 * rng.uniform(), y, w, h, 0.9, 0.0] for x, y, w, h in GRID[:3]]
        parts.append(collected(found(rows, classes=2), GRID[:3], [0, 0, 0]))
    return parts


def told(picture: FlatDetections, *others: FlatDetections):
    """What is suspicious in a picture among ordinary ones."""
    all_ = FlatDetections.joined([picture, *(others or ordinary())])
    return [one for one in suspicions(all_, 2) if one.picture == 0], all_


def test_nothing_is_likely_wrong_where_all_is_found():
    found_, _ = told(ordinary(1)[0])

    assert [one for one in found_ if one.score >= 0.5] == []


def test_a_sure_detection_without_a_label_is_a_missing_one():
    ((one,), all_) = told(collected(found([SURE], classes=2), [], []))

    assert (one.kind, one.truth, all_.probs[one.detection]) == ("missing", -1, pytest.approx(0.9))
    # of 31 detections as sure as this 30 are right; .1 of the score is the probability itself
    assert one.score == pytest.approx(0.9 * 30 / 31 + 0.1 * 0.9)


def test_of_two_detections_in_one_place_one_is_told():
    twice = found([SURE, SURE, [*GRID[1], 0.9, 0.0]], classes=2)
    found_, _ = told(collected(twice, [], []))

    assert [(one.kind, one.detection) for one in found_] == [("missing", 0), ("missing", 2)]


def test_what_lies_in_an_ignore_box_is_not_missing():
    whole = [0.5, 0.5, 1.0, 1.0]
    crowded = collected(found([SURE], classes=2), [whole], [-1], crowd=[True])

    assert told(crowded)[0] == []


def test_a_label_where_another_class_is_found_is_of_the_wrong_class():
    ((one,), _) = told(collected(found([SURE], classes=2), [GRID[0]], [1]))

    # trust: as above 9 of 10 and 30 of 31; nothing of the label's own class is there
    trust = 0.9 * 30 / 31 + 0.1 * 0.9
    assert (one.kind, one.truth, one.detection) == ("class", 0, 0)
    assert one.score == pytest.approx(trust / (trust + 0.1))


def test_a_label_whose_own_class_is_found_too_is_not_accused_as_much():
    both = found([[*GRID[0], 0.9, 0.0], [*GRID[0], 0.0, 0.9]], classes=2)
    found_, _ = told(collected(both, [GRID[0]], [1]))

    assert [one.kind for one in found_] == ["class"]
    assert found_[0].score == pytest.approx(0.475, abs=0.01)  # x / (x + x + .1)


def test_a_box_beside_its_object_is_badly_placed():
    x, y, w, h = GRID[0]
    # moved by .4 of its side: IoU .6 / 1.4 = .43; the others' are .82 and more
    ((one,), _) = told(collected(found([SURE], classes=2), [[x + 0.04, y, w, h]], [0]))

    assert one.kind == "place"
    assert one.score > 0.8


def test_the_same_label_twice_is_a_duplicate_of_whichever_class():
    for classes in ([0, 0], [0, 1]):
        found_, _ = told(collected(found([SURE], classes=2), [GRID[0], GRID[0]], classes))

        (one,) = [one for one in found_ if one.kind == "duplicate"]
        assert (one.score, one.truth, one.twin) == (1, 1, 0)


def test_a_label_that_nothing_speaks_for_is_unreasonable_but_need_not_be_wrong():
    ((one,), _) = told(collected(found([], classes=2), [GRID[0]], [0]))

    # the only one of 31 labels of its class: .5 * .02 / (.02 + 1/31)
    assert (one.kind, one.truth, one.detection) == ("unreasonable", 0, -1)
    assert one.score == pytest.approx(0.5 * 0.02 / (0.02 + 1 / 31))


def test_difficult_and_ignored_objects_are_not_accused():
    hard = collected(found([], classes=2), [GRID[0]], [0], ignored=[True])

    assert told(hard)[0] == []


def test_without_labels_or_detections_nothing_is_told():
    empty = collected(found([], classes=2), [], [])

    assert suspicions(empty, 2) == []
    assert suspicions(FlatDetections.nothing(), 2) == []


def test_planted_errors_are_told_before_all_else():
    """25 errors among 900 labels of a good detector: 20 of them and more in the first 40."""
    rng = np.random.default_rng(3)
    parts, planted = [], set()
    for number in range(300):
        rows = [
            [x + 0.02 * rng.uniform(-1, 1), y, w, h, rng.uniform(0.4, 1), 0] for x, y, w, h in GRID
        ][:3]
        labels, classes = [list(box) for box in GRID[:3]], [0, 0, 0]
        if number < 10:  # missing
            del labels[0], classes[0]
        elif number < 20:  # bogus
            labels.append(GRID[4])
            classes.append(0)
        elif number < 25:
            classes[1] = 1
        planted |= {number} if number < 25 else set()
        parts.append(collected(found(rows, classes=2), labels, classes))
    first = suspicions(FlatDetections.joined(parts), 2)[:40]

    assert len({one.picture for one in first} & planted) >= 20


def test_a_place_says_what_a_person_reads():
    found_, all_ = told(collected(found([SURE], classes=2), [GRID[0]], [1]))
    (place,) = suspects(all_, found_, [f"{n}.jpg" for n in range(11)])

    assert place.words(["die", "coin"]) == "the label says coin, found is die 0.90"
    assert (place.picture, place.rank) == ("0.jpg", 1)
    assert len(KINDS) == len(set(KINDS)) == 5
