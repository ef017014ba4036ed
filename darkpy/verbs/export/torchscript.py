"""`darkpy export torchscript`: a file for libtorch, tried before it is called done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from darkpy.errors import UsageError
from darkpy.export.opening import open_for_export
from darkpy.export.outcome import kept
from darkpy.export.report import try_torch
from darkpy.export.torch_file import program, torchscript
from darkpy.flags.export import DYNAMIC, TorchFlags


def run(data: str, cfg: str, weights: str, **flags: Any) -> Iterator[object]:
    """Write the file; yields what was found when it was tried. flags: those of TorchFlags."""
    asked = TorchFlags(**flags)
    if DYNAMIC in (asked.size, asked.batch):
        raise UsageError("TorchScript is traced at one size and batch; dynamic is for ONNX")
    project = open_for_export(data, cfg, weights, asked.wh)
    if project.network.detecting:
        yield from project.warnings
    out = Path(asked.out or f"{Path(cfg).stem}.{'pt2' if asked.program else 'torchscript.pt'}")
    write = program if asked.program else torchscript
    content = write(project.network, asked.pictures_at_once)
    yield f"{out.name}: (B, 4+K, N) as ultralytics has it; {len(content) / 1e6:.1f} MB"
    refused = yield from try_torch(content, project, asked)
    yield from kept(out, content, refused)
