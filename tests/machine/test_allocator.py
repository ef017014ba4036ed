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


LARGE = """
import resource
from darkpy.machine.allocator import keep_freed_memory, keep_large_freed_memory
import numpy as np
if {keeps}: keep_freed_memory()
kept = {asks} and keep_large_freed_memory()
def rounds(count):
    for _ in range(count):
        np.ones(2**23)  # 64 MiB
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
before = rounds(3)
print(rounds(5) - before, int(kept))
"""


def faults_of_large_pieces(*, keeps: bool, asks: bool) -> list[int]:
    command = [sys.executable, "-c", LARGE.format(keeps=keeps, asks=asks)]
    ended = subprocess.run(command, capture_output=True, check=True, text=True)
    return [int(number) for number in ended.stdout.split()]


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="mallopt() is glibc's")
def test_large_pieces_are_kept_where_a_training_asks_for_it():
    # 5 rounds of 64 MiB
    pages = 5 * 64 * 2**20 / resource.getpagesize()

    assert faults_of_large_pieces(keeps=True, asks=True)[0] < 0.1 * pages
    # Nobody who has not asked for a command's ways gets them.
    assert faults_of_large_pieces(keeps=False, asks=True)[1] == 0


ARENAS = """
import ctypes
from threading import Barrier, Thread
from darkpy.machine import allocator
allocator.available_processors = lambda: {processors}
if {keeps}: allocator.keep_freed_memory()
library = ctypes.CDLL(None)
library.malloc.restype, library.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
together = Barrier(7)
def work():
    together.wait()
    library.free(library.malloc(2**20))
    together.wait()
threads = [Thread(target=work) for _ in range(7)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
library.fopen.restype = ctypes.c_void_p
file = ctypes.c_void_p(library.fopen(b"/dev/stdout", b"w"))
library.malloc_info(0, file)
library.fclose(file)
"""


def arenas(processors: int, *, keeps: bool = True) -> int:
    """Of a process in which seven threads asked for memory beside each other."""
    script = ARENAS.format(processors=processors, keeps=keeps)
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout
    return told.count(b"<heap nr=")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="mallopt() is glibc's")
def test_threads_share_arenas_lest_each_keeps_what_one_of_them_freed():
    # A training grew for hours: each measurement's threads got arenas of others, 13 MiB a time.
    assert arenas(2, keeps=False) == 1 + 7
    assert arenas(2) == 2  # one beside the first
    assert arenas(16) == 1 + 16 / 4


def test_another_c_library_is_left_alone(monkeypatch):
    monkeypatch.setattr("ctypes.CDLL", lambda _: object())

    assert not keep_freed_memory()
