"""(g) Out of memory, provoked: a training that does not fit goes on with smaller mini-batches."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from darkpy.errors import DarkpyError
from scripts.device import nets
from scripts.device.asked import Asked, Row

_SHARE = 0.05  # of the device's memory, which is what the training may have


def run(asked: Asked) -> Iterator[Row]:
    """One step that needs more than it may have; and one that fits afterwards."""
    if asked.device.type != "cuda":
        yield Row("out of memory", "only a GPU can be made to run out safely")
        return
    torch.cuda.set_per_process_memory_fraction(_SHARE, asked.device)
    try:
        yield _provoked(asked)
    finally:
        torch.cuda.empty_cache()
        torch.cuda.set_per_process_memory_fraction(1.0, asked.device)
    net = nets.network("tabletop-tiny", batch=2)
    (step,) = nets.trainer(asked, net).steps([(1, [nets.batch(net, 2)])])
    yield Row("a step afterwards", step.loss, good=step.updated)


def _provoked(asked: Asked) -> Row:
    what = f"batch 64 of yolov4 in {_SHARE:.0%} of the memory"
    net = nets.network("yolov4", batch=64, subdivisions=1, width=416, height=416)
    trainer = nets.trainer(asked, net)
    try:
        (step,) = trainer.steps([(1, [nets.batch(net, 64)])])
    except DarkpyError as problem:
        return Row(what, "said", good=False, note=str(problem)[:150])
    except torch.OutOfMemoryError as problem:
        return Row(what, "raised", good=False, note=f"OutOfMemoryError: {problem}"[:150])
    pieces = trainer.fitting.pieces
    words = " ".join(trainer.news())[:150]
    return Row(what, f"trained in {pieces}", good=step.updated and pieces > 1, note=words)
