"""Which part of an iteration a device computes: every picture once, whatever their number."""

from __future__ import annotations

import pytest

from darkpy.training.share import Share


def shares(size: int, batch: int, subdivisions: int) -> list[Share]:
    return [Share(rank, size, subdivisions, batch // subdivisions) for rank in range(size)]


@pytest.mark.parametrize(
    ("size", "batch", "subdivisions"),
    [(1, 8, 2), (2, 8, 4), (2, 8, 1), (4, 16, 2), (6, 24, 4), (3, 9, 9), (2, 6, 3)],
)
def test_every_place_of_the_batch_is_taken_once(size, batch, subdivisions):
    slots = [
        slot for one in shares(size, batch, subdivisions) for part in one.slots for slot in part
    ]

    assert sorted(slots) == list(range(batch))
    assert len({sum(map(len, one.slots)) for one in shares(size, batch, subdivisions)}) == 1


def test_mini_batches_are_dealt_out_whole_and_in_runs():
    first, second = shares(2, 8, 4)

    assert (first.slots, second.slots) == (
        [range(0, 2), range(2, 4)],
        [range(4, 6), range(6, 8)],
    )
    assert (first.first, second.first) == (0, 2)
    assert first.sharers == 1


def test_devices_that_are_left_over_share_a_mini_batch():
    # 4 devices, 2 mini-batches of 8: two pairs, each device with half of a mini-batch.
    third = shares(4, 16, 2)[2]

    assert third.sharers == 2
    assert third.group == (2, 3)
    assert third.slots == [range(8, 12)]
    assert third.first == 1


def test_rolling_statistics_of_all_devices_add_up_to_those_of_one():
    # Mini-batches with means 5 and 9, one on each device, from a rolling mean of 2:
    # .99 * (.99*2 + .01*5) + .01*9 = 2.0997; alone they come to 2.03 and 2.07.
    first, second = shares(2, 4, 2)
    before = 2.0
    after = [0.99 * before + 0.01 * mean for mean in (5, 9)]
    changes = [
        one.weight() * (now - before) for one, now in zip((first, second), after, strict=True)
    ]

    assert before + sum(changes) == pytest.approx(0.99 * (0.99 * 2 + 0.01 * 5) + 0.01 * 9)
    assert sum(one.weight() for one in shares(2, 4, 1)) == 1
