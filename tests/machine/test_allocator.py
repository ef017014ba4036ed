"""Freed memory is kept where the C library is glibc."""

from __future__ import annotations

import platform
import resource
import subprocess
import sys

import pytest

from darkpy.machine.allocator import keep_freed_memory

ROUNDS = """
import resource
from darkpy.machine.allocator import keep_freed_memory
import numpy as np
if {keeps}: keep_freed_memory()
def rounds(count):
    for _ in range(count):
        [np.ones(2**21) for _ in range(6)]  # 16 MiB each
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
before = rounds(3)
print(rounds(5) - before)
"""


def faults(keeps: bool) -> int:
    command = [sys.executable, "-c", ROUNDS.format(keeps=keeps)]
    return int(subprocess.run(command, capture_output=True, check=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="mallopt() is glibc's")
def test_freed_memory_is_not_asked_for_again():
    # 5 rounds of 6 * 16 MiB are 122880 pages of 4 KiB; what is kept needs none of them again.
    assert faults(keeps=True) < 0.1 * 5 * 6 * 16 * 2**20 / resource.getpagesize()


def test_another_c_library_is_left_alone(monkeypatch):
    monkeypatch.setattr("ctypes.CDLL", lambda _: object())

    assert not keep_freed_memory()
