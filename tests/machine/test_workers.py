"""Threads that compute alone, and leave all others as they are."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from darkpy.machine.workers import lanes, lone_workers


def test_workers_compute_in_one_thread_and_later_threads_in_as_many_as_before(two_threads):
    with lone_workers(3) as pool, ThreadPoolExecutor(1) as later:
        inside = [pool.submit(torch.get_num_threads) for _ in range(6)]
        beside = later.submit(torch.get_num_threads)

        assert [each.result() for each in inside] == [1] * 6
        assert (beside.result(), torch.get_num_threads()) == (2, 2)


COME_AND_GO = """
import re, sys
from pathlib import Path
import numpy as np
from darkpy.machine import workers
from darkpy.machine.allocator import keep_freed_memory
def own_mib():
    return int(re.search(r"RssAnon:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
def work():
    [np.ones(2**21) for _ in range(3)]  # 16 MiB each, which are freed at the end
keep_freed_memory()
if "kept" in sys.argv: workers.let_go_of_freed_memory = lambda: None
with workers.lone_workers(2) as pool:
    before = own_mib()
    [made.result() for made in [pool.submit(work) for _ in range(8)]]
print(own_mib() - before)
"""


def grown_mib(*words: str) -> float:
    command = [sys.executable, "-c", COME_AND_GO, *words]
    return float(subprocess.run(command, capture_output=True, check=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="mallopt() is glibc's")
def test_what_workers_freed_goes_back_when_they_end():
    # 3 * 16 MiB in an arena that the next workers need not get: a training grew by it for hours.
    assert grown_mib("kept") > 40
    assert grown_mib() < 8


def test_lanes_stay_and_compute_in_one_thread_each(two_threads):
    pool = lanes(2)

    assert lanes(2) is pool
    assert list(pool.map(lambda _: torch.get_num_threads(), range(6))) == [1] * 6
    assert torch.get_num_threads() == 2


FORKED = """
import os, torch
from darkpy.machine.workers import lanes
torch.set_num_threads(2)
lanes(2).submit(int).result()
child = os.fork()
if not child:
    os._exit(lanes(2).submit(int, "7").result(5))
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_fork_has_lanes_of_its_own():
    command = [sys.executable, "-c", FORKED]
    assert subprocess.run(command, capture_output=True, check=True, timeout=60).stdout == b"7\n"
