"""How many processors a process may use."""

from __future__ import annotations

import os

import pytest

from darkpy.machine import processors
from darkpy.machine.processors import available_processors, bfloat16_instructions


@pytest.mark.parametrize(
    ("quota", "count"),
    [
        ("max 100000\n", None),
        ("150000 100000\n", 2),  # one and a half
        ("50000 100000\n", 1),
        ("nonsense", None),
    ],
)
def test_a_containers_limit_counts(tmp_path, monkeypatch, quota, count):
    (tmp_path / "cpu.max").write_text(quota)
    monkeypatch.setattr(processors, "_QUOTA", tmp_path / "cpu.max")
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)), raising=False)

    assert available_processors() == (count or 8)


def test_without_a_container_it_is_what_this_process_may_run_on(tmp_path, monkeypatch):
    monkeypatch.setattr(processors, "_QUOTA", tmp_path / "none")
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: None)

    assert available_processors() == 1


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        ("processor : 0\nflags : fpu avx2 avx512_bf16 amx_bf16\n", ["avx512_bf16", "amx_bf16"]),
        ("flags\t\t: fpu avx512f avx512_bf16\nflags : none\n", ["avx512_bf16"]),
        ("flags : fpu avx2\n", []),
        ("Features : neon\n", []),
        (None, []),
    ],
)
def test_instructions_for_bfloat16_are_what_the_system_says(tmp_path, monkeypatch, facts, found):
    if facts is not None:
        (tmp_path / "cpuinfo").write_text(facts)
    monkeypatch.setattr(processors, "_FACTS", tmp_path / "cpuinfo")

    assert bfloat16_instructions() == found
