"""`darkpy export weights`: a checkpoint of a training as Darknet's file, at an iteration."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from darkpy.export.checkpoint import write_checkpoint
from darkpy.flags.export import WeightsFlags


def run(cfg: str, weights: str, **flags: Any) -> Iterator[str]:
    """Write the file; yields what it holds. flags: those of WeightsFlags."""
    asked = WeightsFlags(**flags)
    done = write_checkpoint(
        cfg, Path(weights), asked.out, averaged=asked.averaged, iteration=asked.iteration
    )
    yield (
        f"{done.out}: {'averaged ' * asked.averaged}weights of {done.source} at iteration "
        f"{done.iteration}, {done.seen} pictures seen, {done.out.stat().st_size} bytes"
    )
