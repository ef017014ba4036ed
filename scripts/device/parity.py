"""(a) All numbers of the C program against this device's float32; TF32 and bfloat16 beside."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import torch

from darkpy.model.precision import FLOAT32, Precision
from scripts.comparison import Deviation, compare_folder
from scripts.device.asked import ROOT, Asked, Row

_JUDGED = {"float32": FLOAT32}
_BESIDE = {"TF32": Precision(tf32=True), "bfloat16": Precision(torch.bfloat16)}
_TINY_FOLDERS = 2


def run(asked: Asked) -> Iterator[Row]:
    """Rows by precision and kind of comparison."""
    folders = _folders(asked)
    for name, precision in (_JUDGED | _BESIDE).items():
        works = {f"{name}, all": partial(_compared, asked, folders, name, precision)}
        yield from asked.each(works)


def _folders(asked: Asked) -> list[Path]:
    """Those with numbers: the repository's, and the golden ones where they are at hand."""
    roots = [ROOT / "tests/oracle/nets", ROOT / "tests/oracle/layers"]
    if asked.shared is not None:
        roots.append(asked.shared / "golden")
    found = [path.parent for root in roots for path in sorted(root.glob("*/golden.npz"))]
    return found[:_TINY_FOLDERS] if asked.tiny else found


def _compared(asked: Asked, folders: list[Path], name: str, precision: Precision) -> Iterator[Row]:
    judged = name in _JUDGED
    by_kind: dict[str, list[tuple[Deviation, Path]]] = {}
    for folder in folders:
        if asked.left <= 0:
            yield Row(f"{name}, {folder.name} and later", "no time left")
            break
        try:
            for deviation in compare_folder(folder, asked.device, precision) or ():
                if deviation.judged:
                    by_kind.setdefault(deviation.what, []).append((deviation, folder))
        except Exception as problem:  # a folder that cannot be run stops no other
            note = f"{type(problem).__name__}: {problem}"[:150]
            yield Row(f"{name}, {folder.name}", "failed", good=not judged and None, note=note)
    everything = [each for found in by_kind.values() for each in found]
    past = sum(not deviation.passed for deviation, _ in everything)
    of = f"of {len(everything)} in {len(folders)} folders"
    yield Row(f"{name}, past tolerance", past, of, good=past == 0 if judged else None)
    for what, found in by_kind.items():
        worst, folder = max(found, key=lambda each: each[0].value / max(each[0].tolerance, 1e-30))
        where = f"{folder.name}, {worst.where}; allowed {worst.tolerance:.0e}"
        good = worst.passed if judged else None
        yield Row(f"{name}, {what}, worst of {len(found)}", worst.value, good=good, note=where)
