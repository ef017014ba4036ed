"""The chapter on the machine: memory at the largest input, and room for the weights files."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from darkpy.cfg.data import DataOptions
from darkpy.cfg.net import NetOptions
from darkpy.data.cache import available_bytes
from darkpy.data.sizes import RandomSizes
from darkpy.doctor.report import STOP, WARNING, Chapter, Remark
from darkpy.planning.footprint import memory
from darkpy.planning.network import NetworkPlan
from darkpy.sections.base import FLOAT_BYTES
from darkpy.session.saving import Saver

_GIB, _MIB = 2**30, 2**20
_WORKING_SPACE = 1.2  # convolutions need scratch memory besides what they keep
_TIGHT = 0.8  # share of the available memory from which on it is said that little is left
_OTHER_FILES = 6  # _last, _best, _final, the state to go on from, and one that is being written


@dataclass(frozen=True)
class Need:
    """Memory of a training at its largest input, bytes.

    fixed: weights, gradients and the optimizer's state. per_picture: of one picture of the
    mini-batch, kept for the way back. size: height and width of that input, px.
    """

    fixed: int
    per_picture: int
    size: tuple[int, int]

    @classmethod
    def of(cls, plan: NetworkPlan, random: float) -> Need:
        """What a cfg takes whose last head has random=`random`; an estimate from its plan."""
        net = plan.net
        height, width = RandomSizes.of(net, random, 0).largest
        growth = height * width / (net.height * net.width)
        largest = max(layer.out.size for layer in plan.layers)
        # On the way back the gradients of a layer's output and input are alive with it.
        picture = memory(plan).training + 2 * FLOAT_BYTES * largest
        return cls(
            fixed=plan.weights_bytes * _copies(net),
            per_picture=round(_WORKING_SPACE * growth * picture),
            size=(height, width),
        )

    def bytes(self, mini_batch: int) -> int:
        """All of it for a mini-batch."""
        return self.fixed + mini_batch * self.per_picture


def _copies(net: NetOptions) -> int:
    """Weights, gradients, momentum; a second moment with adam=1, the average with ema_alpha=."""
    return 3 + net.adam + bool(net.ema_alpha)


def machine_chapter(
    plan: NetworkPlan, random: float, data: DataOptions, device: torch.device, name: str
) -> Chapter:
    """Memory against what there is, and the disk of backup=. name: of the weights files."""
    need, have = Need.of(plan, random), _available(device)
    net = plan.net
    height, width = need.size
    largest = f" (largest size of random={random:g})" if random else ""
    lines = [
        f"memory of a training at {width}x{height}{largest}, mini-batch {net.mini_batch}: about "
        f"{_gib(need.bytes(net.mini_batch))} of {_gib(have)} available on {device}",
    ]
    disk = _Disk.of(plan, data, name)
    lines.append(
        f"disk: {disk.files} files of {plan.weights_bytes / _MIB:.1f} MiB in {disk.folder}, about "
        f"{_gib(disk.needed)} of {_gib(disk.free)} free"
    )
    remarks = (*_memory_remarks(need, have, net), *disk.remarks(data))
    facts = {
        "device": str(device),
        "largest_size": [width, height],
        "memory_needed": need.bytes(net.mini_batch),
        "memory_available": have,
        "disk_needed": disk.needed,
        "disk_free": disk.free,
    }
    return Chapter("machine", tuple(lines), facts, remarks)


def _available(device: torch.device) -> int:
    """Bytes that can be had on the device; 0 if nothing tells."""
    return torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else available_bytes()


def _memory_remarks(need: Need, have: int, net: NetOptions) -> Iterator[Remark]:
    wanted = need.bytes(net.mini_batch)
    if not have or wanted <= _TIGHT * have:
        return
    if wanted <= have:
        yield Remark(WARNING, f"memory is tight: about {_gib(wanted)} of {_gib(have)} are needed")
        return
    text = f"not enough memory: about {_gib(wanted)} are needed, {_gib(have)} are available"
    fitting = fitting_subdivisions(need, have, net.batch)
    if fitting:
        remedy = f"subdivisions={fitting} would fit (batch={net.batch} stays, so does the result)"
    else:
        remedy = "even one picture at a time is too much: take a smaller width= and height="
    yield Remark(STOP, f"{text}; {remedy}")


def fitting_subdivisions(need: Need, have: int, batch: int) -> int:
    """The fewest subdivisions at which a mini-batch fits into `have` bytes; 0 if none does."""
    divisors = (n for n in range(1, batch + 1) if batch % n == 0)
    return next((n for n in divisors if need.bytes(batch // n) <= _TIGHT * have), 0)


@dataclass(frozen=True)
class _Disk:
    """Room in the folder of backup=, or in the one it will be made in."""

    folder: Path
    existing: Path
    files: int
    needed: int
    free: int

    @classmethod
    def of(cls, plan: NetworkPlan, data: DataOptions, name: str) -> _Disk:
        folder = data.resolve(data.backup)
        existing = next(p for p in (folder, *folder.absolute().parents) if p.exists())
        files = plan.net.max_batches // Saver.of(data, plan.net, folder, name).every + _OTHER_FILES
        free = shutil.disk_usage(existing).free
        return cls(folder, existing, files, files * plan.weights_bytes, free)

    def remarks(self, data: DataOptions) -> Iterator[Remark]:
        """What keeps a training from writing its files."""
        place = f"{data.source}: backup={data.backup}"
        if not self.existing.is_dir():
            yield Remark(STOP, f"{place}: {self.existing} is a file; it must be a folder")
        elif not os.access(self.existing, os.W_OK | os.X_OK):
            yield Remark(STOP, f"{place}: {self.existing} cannot be written to")
        if self.needed > self.free:
            yield Remark(
                STOP,
                f"{place}: not enough room: about {_gib(self.needed)} are needed, "
                f"{_gib(self.free)} are free; a larger saveweights= writes fewer files",
            )


def _gib(number: int) -> str:
    """Bytes in the unit that suits them."""
    return f"{number / _GIB:.1f} GiB" if number >= _GIB else f"{number / _MIB:.0f} MiB"
