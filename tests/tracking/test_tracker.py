"""The same object again, frame after frame."""

from __future__ import annotations

import numpy as np
import pytest

from darkpy.tracking.tracker import Sight, Tracker, TrackKeys, iou_table
from scripts.film_of_tracks import make_film, track_film

AT_ONCE = TrackKeys(dets_for_track=0, dets_for_show=0)


def sight(*rows, looks=None):
    """A frame of boxes of side .1: (cx, cy, class, probability)."""
    table = np.array(rows, dtype=float).reshape(-1, 4)
    boxes = np.concatenate((table[:, :2], np.full((len(table), 2), 0.1)), axis=1)
    return Sight(boxes, table[:, 2].astype(int), table[:, 3], looks)


def ids(tracker, *rows, looks=None):
    return tracker.update(sight(*rows, looks=looks))[0].tolist()


def test_overlaps_are_shares_of_the_union():
    one = np.array([[0.5, 0.5, 0.5, 0.5]])
    # Moved by half a side: half of each is common, 1/2 of 3/2; the third does not touch.
    other = np.array([[0.5, 0.5, 0.5, 0.5], [0.75, 0.5, 0.5, 0.5], [0.1, 0.1, 0.1, 0.1]])

    assert iou_table(one, other)[0] == pytest.approx([1, 1 / 3, 0])


def test_darknets_keys_say_when_an_object_has_a_number_and_is_shown():
    # dets_for_show=1, dets_for_track=1: hidden at first, shown then, numbered the third time.
    tracker = Tracker(TrackKeys(), 0.25)
    told = [tracker.update(sight((0.5, 0.5, 0, 0.9))) for _ in range(4)]

    assert [(int(number[0]), bool(shown[0])) for number, shown in told] == [
        (0, False),
        (0, True),
        (1, True),
        (1, True),
    ]


def test_objects_keep_their_numbers_in_whatever_order_they_come():
    tracker = Tracker(TrackKeys(dets_for_track=0), 0.25)
    ids(tracker, (0.2, 0.5, 0, 0.9), (0.8, 0.5, 0, 0.9))

    assert ids(tracker, (0.2, 0.5, 0, 0.9), (0.8, 0.5, 0, 0.9)) == [1, 2]
    assert ids(tracker, (0.8, 0.5, 0, 0.9), (0.2, 0.5, 0, 0.9)) == [2, 1]


def test_an_object_of_another_class_is_another_object():
    tracker = Tracker(TrackKeys(dets_for_track=0), 0.25)
    for _ in range(2):
        ids(tracker, (0.5, 0.5, 0, 0.9))

    assert ids(tracker, (0.5, 0.5, 1, 0.9)) == [0]


def test_an_unlikely_box_goes_on_with_a_track_and_begins_none():
    tracker = Tracker(TrackKeys(dets_for_track=0), 0.25)
    for _ in range(2):
        ids(tracker, (0.5, 0.5, 0, 0.9))
    number, shown = tracker.update(sight((0.5, 0.5, 0, 0.15), (0.1, 0.1, 0, 0.15)))

    assert number.tolist() == [1, 0]
    assert shown.tolist() == [True, False]


@pytest.mark.parametrize(("missed", "number"), [(3, 1), (4, 0)])
def test_an_object_is_waited_for_as_many_frames_as_the_cfg_says(missed, number):
    tracker = Tracker(TrackKeys(track_history_size=3, dets_for_track=0), 0.25)
    for _ in range(2):
        ids(tracker, (0.5, 0.5, 0, 0.9))
    for _ in range(missed):
        ids(tracker)

    assert ids(tracker, (0.5, 0.5, 0, 0.9)) == [number]


def test_a_moving_object_is_expected_where_it_goes():
    # .06 a frame is more than the .1 wide box overlaps itself after two missed frames.
    tracker = Tracker(TrackKeys(dets_for_track=0), 0.25)
    for frame in range(6):
        ids(tracker, (0.1 + 0.06 * frame, 0.5, 0, 0.9))
    for _ in range(2):
        ids(tracker)

    assert ids(tracker, (0.1 + 0.06 * 8, 0.5, 0, 0.9)) == [1]


def test_looks_know_an_object_again_that_jumped():
    tracker = Tracker(TrackKeys(dets_for_track=0), 0.25)
    looks = np.eye(2)
    for _ in range(2):
        ids(tracker, (0.2, 0.2, 0, 0.9), (0.8, 0.8, 0, 0.9), looks=looks)

    assert ids(tracker, (0.2, 0.7, 0, 0.9), (0.7, 0.2, 0, 0.9), looks=looks[::-1]) == [2, 1]


def test_looks_that_are_not_alike_enough_count_for_nothing():
    # cos = .6 is below sim_thresh = .8; the place has nothing in common either.
    tracker = Tracker(TrackKeys(dets_for_track=0), 0.25)
    for _ in range(2):
        ids(tracker, (0.2, 0.2, 0, 0.9), looks=np.array([[1.0, 0.0]]))

    assert ids(tracker, (0.7, 0.7, 0, 0.9), looks=np.array([[0.6, 0.8]])) == [0]


def test_films_with_known_tracks_are_tracked_and_the_second_round_helps():
    """`scripts/tracks` prints the table: MOTA .874 -> .888, IDF1 .890 -> .904 over 8 films."""
    films = [make_film(seed) for seed in range(3)]
    once, twice = (
        [track_film(film, TrackKeys(), rounds=rounds) for film in films] for rounds in (1, 2)
    )

    assert all(score.mota > 0.85 for score in twice)
    assert all(score.idf1 > 0.8 for score in twice)
    assert sum(score.mota for score in twice) > sum(score.mota for score in once)
    assert sum(score.idf1 for score in twice) > sum(score.idf1 for score in once)
