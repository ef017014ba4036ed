"""(d) How often the loop waits for the device, and what memory a step takes at most."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from functools import partial
from itertools import islice

import torch

from darkpy.model.precision import Precision
from scripts.device import nets
from scripts.device.asked import Asked, Row

_NETS = ("yolov4-tiny", "yolov4", "yolov4-csp")
_AHEAD = 8  # iterations after which the numbers are fetched
_GIB = 2**30


def run(asked: Asked) -> Iterator[Row]:
    """A row a network, counted over batches from the loader."""
    names = ("tabletop-tiny",) if asked.tiny else _NETS
    yield from asked.each({name: partial(_counted, asked, name) for name in names})


def _counted(asked: Asked, name: str) -> Iterator[Row]:
    size = 32 if asked.tiny else 416
    batch = 2 if asked.tiny else 16
    net = nets.network(name, batch=batch, subdivisions=1, width=size, height=size)
    training = nets.trainer(asked, net, Precision(torch.bfloat16))
    count = 2 if asked.tiny else 2 * _AHEAD
    with nets.loader(asked, net) as loader:
        batches = iter(loader)
        for _ in training.steps(islice(batches, count)):
            pass
        if asked.device.type != "cuda":
            yield Row(f"{name}: waits of the loop", "a CPU's loop waits for nothing")
            return
        ready = list(islice(batches, count))
    torch.cuda.reset_peak_memory_stats(asked.device)
    waits = _waits(training, ready)
    allowed = count // _AHEAD
    note = "; ".join(sorted(set(waits)))[:200]
    yield Row(f"{name}: waits in {count} iterations", len(waits), "", len(waits) <= allowed, note)
    peak = torch.cuda.max_memory_allocated(asked.device) / _GIB
    yield Row(f"{name}: peak memory, batch {batch} at {size}", peak, "GiB")


def _waits(training, batches) -> list[str]:
    """Where the loop asked the device for something and had to wait."""
    torch.cuda.set_sync_debug_mode("warn")
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            for _ in training.steps(batches):
                pass
    finally:
        torch.cuda.set_sync_debug_mode("default")
    return [
        f"{each.filename.rsplit('/', 1)[-1]}:{each.lineno}"
        for each in caught
        if "synchroniz" in str(each.message)
    ]
