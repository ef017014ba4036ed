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
from darkpy.doctor.report import STOP, WARNING, Chapter, Remark
from darkpy.planning.footprint import TIGHT, Need, fitting_subdivisions
from darkpy.planning.network import NetworkPlan
from darkpy.session.saving import Saver

_GIB, _MIB = 2**30, 2**20
_OTHER_FILES = 6  # _last, _best, _final, the state to go on from, and one that is being written


def machine_chapter(
    plan: NetworkPlan, random: float, data: DataOptions, device: torch.device, name: str
) -> Chapter:
    """Memory against what there is, and the disk of backup=. name: of the weights files."""
    need, have = Need.of(plan, random), _available(device)
    net = plan.net
    height, width = need.size_hw
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
    if not have or wanted <= TIGHT * have:
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
