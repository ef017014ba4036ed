"""`darkpy import weights`: a PyTorch state dict of a YOLO as a .weights file for a cfg."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from darkpy.cfg.shipped import cfg_named
from darkpy.errors import WeightsError, first_of, number_of
from darkpy.events import Ended
from darkpy.flags.verbs import ImportWeightsFlags
from darkpy.importers.layer_match import Match, taken_over
from darkpy.importers.state_dict import kernels_of, read_state_dict, usual_eps
from darkpy.planning.weights_file import named

_SHOWN = 20
INCOMPLETE = 1  # exit status


def run(source: str, cfg: str, out: str, **flags: Any) -> Iterator[object]:
    """Write the file; yields what was matched and what was not.

    Layers that nothing fits begin at random, and the verb ends with status 1.
    """
    asked = ImportWeightsFlags(**flags)
    tensors = read_state_dict(source)
    eps = usual_eps(iter(tensors)) if asked.eps is None else asked.eps
    found = taken_over(kernels_of(tensors, eps), cfg_named(cfg), out)
    yield matched_line(found, source, cfg, out)
    yield (
        f"eps of its batch norms: {eps:g} (a state dict does not hold it; -eps gives another), "
        "taken into the variances"
    )
    yield from lost_lines(found)
    yield "`darkpy detector map` says whether it fits: order and shape cannot tell twins apart"
    if found.empty:
        yield Ended(INCOMPLETE)


def matched_line(found: Match, source: str, cfg: str, out: str) -> str:
    """What was taken over. WeightsError if nothing was."""
    if not found.pairs:
        raise WeightsError(f"{source}: no convolution has the shape of a layer of {cfg}")
    total = len(found.pairs) + len(found.empty)
    return (
        f"{out}: {number_of(len(found.pairs), 'layers')} of {total} from {source}, by order and "
        f"shape; {Path(out).stat().st_size} bytes"
    )


def lost_lines(found: Match) -> Iterator[str]:
    """What found no place, on both sides."""
    lines = [f"  layer {named(layer.plan)} begins at random" for layer in found.empty]
    yield from first_of(lines, _SHOWN, "  ... and {} more layers")
    lines = [f"  {kernel.name} {kernel.shape} fits nowhere" for kernel in found.unused]
    yield from first_of(lines, _SHOWN, "  ... and {} more of the file")
