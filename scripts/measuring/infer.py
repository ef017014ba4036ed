"""`scripts/bench infer`: forward passes of darkpy and of other programs, in turns."""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

import torch

from darkpy.machine.allocator import keep_freed_memory
from darkpy.machine.processors import available_processors
from scripts.measuring import peers

_CFGS = Path(__file__).resolve().parent.parent.parent / "cfg"


def infer(asked: argparse.Namespace) -> Iterator[str]:
    """The lines of the table; writes the file of --json."""
    torch.set_num_threads(asked.threads or available_processors())
    keep_freed_memory()  # as a command does
    yield f"{peers.processor()}; threads: {torch.get_num_threads()}; {asked.size} px"
    rows = []
    for name in asked.nets:
        with tempfile.TemporaryDirectory() as folder:
            cfg, place = _CFGS / f"{name}.cfg", Path(folder)
            with peers.programs(cfg, asked.size, place, asked.opencv) as programs:
                for count in asked.counts:
                    times = in_turns(programs, count, asked.rounds)
                    for row in compared(times):
                        rows.append({"network": name, "pictures": count, **row})
                        yield table_line(rows[-1])
    if asked.json:
        Path(asked.json).write_text(json.dumps(rows, indent=1) + "\n")


def in_turns(
    programs: dict[str, peers.Pass], count: int, rounds: int
) -> dict[str, list[peers.Seconds]]:
    """Round by round, so that a drifting machine speed hits all; the first is not counted."""
    times: dict[str, list[peers.Seconds]] = {name: [] for name in programs}
    for number in range(rounds + 1):
        for name, run in programs.items():
            took = run(count)
            if number:
                times[name].append(took)
    return times


def compared(times: dict[str, list[peers.Seconds]]) -> Iterator[dict[str, object]]:
    """Medians and spread in milliseconds, and darkpy's time in each program's, round by round."""
    for name, took in times.items():
        row: dict[str, object] = {"program": name}
        for what in ("wall", "processor"):
            ms = [1e3 * getattr(each, what) for each in took]
            own = [1e3 * getattr(each, what) for each in times["darkpy"]]
            row[f"{what}_ms"] = statistics.median(ms)
            row[f"{what}_ms_spread"] = [min(ms), max(ms)]
            ratios = [theirs / ours for theirs, ours in zip(ms, own, strict=True)]
            row[f"{what}_of_darkpys"] = statistics.median(ratios)
        yield row


def table_line(row: dict[str, object]) -> str:
    def part(what: str) -> str:
        low, high = row[f"{what}_ms_spread"]
        return f"{row[f'{what}_ms']:8.1f} ms ({low:.1f} to {high:.1f})".ljust(34) + (
            f"{row[f'{what}_of_darkpys']:5.2f} of darkpy's"
        )

    head = f"{row['network']}, {row['pictures']} pictures".ljust(28) + str(row["program"]).ljust(24)
    return f"{head}{part('wall')}; processor {part('processor')}"
