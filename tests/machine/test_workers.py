"""Threads that compute alone, and leave all others as they are."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from darkpy.machine.workers import lone_workers


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_workers_compute_in_one_thread_and_later_threads_in_as_many_as_before(two_threads):
    with lone_workers(3) as pool, ThreadPoolExecutor(1) as later:
        inside = [pool.submit(torch.get_num_threads) for _ in range(6)]
        beside = later.submit(torch.get_num_threads)

        assert [each.result() for each in inside] == [1] * 6
        assert (beside.result(), torch.get_num_threads()) == (2, 2)
