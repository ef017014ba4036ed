"""track=1: the frames of a batch follow one another as in Darknet's get_sequential_paths()."""

from __future__ import annotations

from collections import defaultdict

from darkpy.cfg.net import NetOptions
from darkpy.data.frames import Frames


def frames(**keys) -> Frames:
    keys = {"batch": 4, "subdivisions": 4, "time_steps": 3, "track": True, **keys}
    found = Frames.of(NetOptions(**keys), seed=3)
    assert found is not None
    return found


def test_pictures_are_drawn_one_by_one_without_track():
    assert Frames.of(NetOptions(batch=4, time_steps=2), seed=3) is None


def test_a_mini_batch_has_all_first_frames_before_all_second_ones():
    own = frames(batch=8, augment_speed=1)

    # 2 sequences of 3 frames in each of 4 mini-batches of 6 pictures
    assert [own.place(1, slot) for slot in range(6)] == [
        *((0, 0), (1, 0)),
        *((0, 1), (1, 1)),
        *((0, 2), (1, 2)),
    ]
    assert own.place(1, 6) == (6, 0)
    assert own.place(1, 11) == (7, 2)


def test_a_sequence_goes_through_several_mini_batches():
    own = frames(sequential_subdivisions=2, augment_speed=1)

    # 4 mini-batches of one sequence's 3 frames, two of them in a row
    assert [own.place(1, slot)[0] for slot in range(12)] == [0] * 6 + [6] * 6
    assert [own.place(1, slot)[1] for slot in range(12)] == [*range(6), *range(6)]


def test_every_sequence_has_a_speed_of_up_to_augment_speed():
    own, found = frames(augment_speed=3), defaultdict(int)

    for iteration in range(1, 401):
        steps = [own.place(iteration, slot)[1] for slot in range(3)]
        assert steps[2] == 2 * steps[1]
        found[steps[1]] += 1

    assert set(found) == {1, 2, 3}
    assert min(found.values()) > 400 / 3 - 4 * (400 * 2 / 9) ** 0.5


def test_how_many_mini_batches_a_sequence_has_changes_at_steps():
    net = NetOptions(
        batch=16,
        subdivisions=16,
        track=True,
        policy="steps",
        steps=(10, 20),
        scales=(0.1, 0.1),
        seq_scales=(0.5, 0.25),
        sequential_subdivisions=8,
    )

    # 8 sequences one after the other in 16 mini-batches; from 10 iterations on 4, from 20 on 1.
    assert [net.chained(n) for n in (1, 10, 11, 20, 21)] == [2, 2, 4, 4, 16]
    assert NetOptions(batch=16, subdivisions=16, track=True).chained(1) == 1


def test_an_iteration_has_time_steps_times_as_many_pictures():
    net = NetOptions(batch=8, subdivisions=4, time_steps=3)

    assert (net.sequences, net.mini_batch, net.pictures, net.gradient_divisor) == (2, 6, 24, 24)
