"""Files that belong to one network, found by the stem of their names: cars.cfg, cars_best.weights.

`darkpy detect cars picture.jpg` needs no more than that, as hank-ai's Darknet does it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from darkpy.errors import CfgError, WeightsError
from darkpy.registry import did_you_mean

_BACKUP = "backup"  # where a training leaves its weights
_KINDS = ("_best", "_final", "_ema", "_last", "")  # of weights files, the dearest first
_NUMBERED = re.compile(r"_(\d+)\.weights$")
# Where the C program's `detect` takes its names, and where its own data set's lie.
_FALLBACKS = ("cfg/coco.data", "data/coco.names")


@dataclass(frozen=True)
class Relatives:
    """The files of one network. names: files that may hold its class names, the nearest first."""

    cfg: Path
    weights: Path
    names: tuple[Path, ...]


def relatives_of(stem: str) -> Relatives:
    """The files that share a stem, which may have a folder before it, or `.cfg` behind.

    CfgError if there is no cfg of that name, WeightsError if there are no weights.
    """
    base = Path(stem.removesuffix(".cfg"))
    cfg = base.with_name(f"{base.name}.cfg")
    if not cfg.is_file():
        there = sorted(path.stem for path in base.parent.glob("*.cfg"))
        hint = did_you_mean(base.name, there)
        raise CfgError(f"{stem}: there is no {cfg}{hint}")
    weights = next(_weights(base), None)
    if weights is None:
        raise WeightsError(
            f"{stem}: there is no {base.name}_best.weights or the like, neither beside {cfg} nor "
            f"in {base.parent / _BACKUP}"
        )
    return Relatives(cfg, weights, files_of_names(cfg))


def files_of_names(cfg: Path) -> tuple[Path, ...]:
    """Files with class names or a `names=` that may belong to a cfg, the nearest first."""
    beside = (cfg.with_suffix(ending) for ending in (".names", ".data"))
    return tuple(path for path in (*beside, *map(Path, _FALLBACKS)) if path.is_file())


def _weights(base: Path) -> Iterator[Path]:
    """Weights files of a stem, the dearest first: best, final, ..., then the highest iteration."""
    for folder in (base.parent, base.parent / _BACKUP):
        for kind in _KINDS:
            path = folder / f"{base.name}{kind}.weights"
            if path.is_file():
                yield path
        numbered = [
            (int(found[1]), path)
            for path in folder.glob(f"{base.name}_*.weights")
            if (found := _NUMBERED.search(path.name))
        ]
        yield from (path for _, path in sorted(numbered, reverse=True))
