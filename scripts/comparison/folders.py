"""Any folder of reference numbers: a network's, or one of a few other layouts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch

from darkpy import boxes
from darkpy.inference.suppression import darknet_order, suppress
from darkpy.losses.box import BOX_GRADIENTS
from darkpy.model.precision import FLOAT32, Precision
from darkpy.planning.network import read_network
from darkpy.solver.schedule import rate
from scripts.comparison.case import CPU, Case
from scripts.comparison.deviation import (
    RATE_TOLERANCE,
    RELATIVE_TOLERANCE,
    Deviation,
    Worst,
    relative,
)

_NMS_KINDS = {
    "sort": "default",
    "greedynms": "greedynms",
    "diounms_beta06": "diounms",
    "cornersnms_beta06": "cornersnms",
}
_NMS_BETA = 0.6
_OBJECTNESS = 4  # column of stored rows


def compare_folder(
    folder: Path, device: torch.device = CPU, precision: Precision = FLOAT32
) -> Iterator[Deviation] | None:
    """All comparisons that the folder has numbers for; None for a folder of another layout.

    device, precision: of networks. Whatever is no network is compared on the CPU.
    """
    if (folder / "golden.npz").exists():
        return Case(folder, device, precision).deviations()
    for name, compare in _LAYOUTS.items():
        if (folder / name).exists():
            return compare(folder)
    return None


def _boxes(folder: Path) -> Iterator[Deviation]:
    """boxes.npz: overlaps of pairs, and Darknet's gradients of them."""
    stored = np.load(folder / "boxes.npz")
    one, other = torch.from_numpy(stored["pred"]), torch.from_numpy(stored["truth"])
    for name, overlap in boxes.OVERLAPS.items():
        off = relative(overlap(one, other), stored[name])
        yield Deviation(name, off, f"{len(one)} pairs", RELATIVE_TOLERANCE)
        off = relative(BOX_GRADIENTS[name](one, other), stored[f"d_{name}"])
        yield Deviation(f"d_{name}", off, f"{len(one)} pairs", RELATIVE_TOLERANCE)


def _suppression(folder: Path) -> Iterator[Deviation]:
    """nms.npz: what each kind leaves at some thresholds; probabilities that differ."""
    stored = np.load(folder / "nms.npz")
    start, probs = _with_objectness(stored["input"])
    for name in stored.files:
        kind, _, threshold = name.partition("_thresh")
        if kind not in _NMS_KINDS:
            continue
        left = suppress(
            start, probs, threshold=float(threshold), kind=_NMS_KINDS[kind], beta=_NMS_BETA
        )
        order = darknet_order(probs)
        wanted_boxes, wanted = _with_objectness(stored[name])
        off = (left[order] != wanted).sum() + (start[order] != wanted_boxes).sum()
        yield Deviation(kind, float(off), f"threshold {threshold}, {wanted.numel()} values", 0.0)


def _with_objectness(rows: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """Boxes and class probabilities of the rows that have objectness."""
    kept = torch.from_numpy(rows[rows[:, _OBJECTNESS] != 0])
    return kept[:, :_OBJECTNESS], kept[:, _OBJECTNESS + 1 :]


def _rates(folder: Path) -> Iterator[Deviation]:
    """rates.npz: the rate of each iteration, a cfg a policy."""
    stored = np.load(folder / "rates.npz")
    for name in stored.files:
        net = read_network(folder / f"{name}.cfg").net
        worst = Worst()
        for iteration, theirs in enumerate(stored[name].tolist()):
            off = abs(rate(iteration, net) - theirs) / max(abs(theirs), 1e-30)
            worst.note(name, off, f"iteration {iteration}", RATE_TOLERANCE)
        yield from worst.deviations()


_LAYOUTS: dict[str, Callable[[Path], Iterator[Deviation]]] = {
    "boxes.npz": _boxes,
    "nms.npz": _suppression,
    "rates.npz": _rates,
}
