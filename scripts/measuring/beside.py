"""`scripts/bench peers`: training and inference beside plain torch, onnxruntime and OpenCV."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import torch

from darkpy.machine.allocator import keep_freed_memory
from darkpy.machine.processors import available_processors
from scripts.loss_step import LossStep
from scripts.measuring import peers
from scripts.measuring.infer import compared, in_turns, table_line
from scripts.measuring.plain_port import PortStep

_TRUTHS = 12  # of each picture


def beside(asked: argparse.Namespace) -> Iterator[str]:
    """The lines of both tables; writes the file of --json."""
    torch.set_num_threads(asked.threads or available_processors())
    keep_freed_memory()  # as a command does
    yield f"{peers.processor()}; threads: {torch.get_num_threads()}; {asked.size} px"
    rows = [{"work": "training step", **row} for row in _training(asked)]
    yield from (_step_line(row, asked.batch) for row in rows)
    with (
        tempfile.TemporaryDirectory() as folder,
        peers.programs(Path(asked.cfg), asked.size, Path(folder), asked.opencv) as programs,
    ):
        for row in compared(in_turns(programs, asked.batch, asked.rounds)):
            rows.append({"work": "forward", "network": Path(asked.cfg).stem, **row})
            rows[-1]["pictures"] = asked.batch
            yield table_line(rows[-1])
    if asked.json:
        Path(asked.json).write_text(json.dumps(rows, indent=1) + "\n")


def _training(asked: argparse.Namespace) -> list[dict[str, object]]:
    """A training step of darkpy and one of the plain port, on tensors that lie ready."""
    words = {"cfg": asked.cfg, "size": asked.size, "batch": asked.batch, "nogpu": True}
    step = LossStep(argparse.Namespace(subdivisions=1, truths=_TRUTHS, **words))
    steps: dict[str, Callable[[], None]] = {"darkpy": step.run}
    steps["plain torch"] = PortStep(asked.cfg, asked.batch, asked.size).run
    timed = {name: peers.timed(lambda _count, run=run: run()) for name, run in steps.items()}
    return list(compared(in_turns(timed, asked.batch, asked.rounds)))


def _step_line(row: dict[str, object], batch: int) -> str:
    low, high = row["processor_ms_spread"]
    speed = 1e3 * batch / row["wall_ms"]
    return (
        f"training step, {batch} pictures  {row['program']:12s} {speed:8.1f} pictures/s; processor "
        f"{row['processor_ms']:.1f} ms ({low:.1f} to {high:.1f}), "
        f"{row['processor_of_darkpys']:.2f} of darkpy's"
    )
