"""torchvision's state dicts, in the order of the layers of darkpy's cfgs of the same networks.

Its names say which part of a detector a tensor is: a pyramid begins with its coarsest level in a
cfg, and what SSD has as two convolutions, scores and boxes, is one there, anchor by anchor.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from darkpy.importers.layer_match import Match, taken_over
from darkpy.importers.state_dict import Kernel, kernels_of
from darkpy.model.network import Network

_PYRAMID = re.compile(r".*\.fpn\.(inner_blocks|layer_blocks)\.(\d+)(?:\.0)?")
_SSD_SCORES = re.compile(r"(.*)\.classification_head\.module_list\.(\d+)")
_SSD_BOXES = "{}.regression_head.module_list.{}"
_LENGTH = "scale_weight"  # of what SSD brings to length 1
_COORDS = 4


def torchvision_taken_over(tensors: Mapping[str, Tensor], eps: float, cfg: Path, out: str) -> Match:
    """Write a weights file for a cfg with what fits; nothing if nothing does."""
    lengths = [tensor for name, tensor in tensors.items() if name.split(".")[-1] == _LENGTH]

    def the_rest(network: Network) -> None:
        scaled = (layer for layer in network.layers if layer.plan.kind == "l2norm")
        for layer, values in zip(scaled, lengths, strict=False):
            for own in layer.weights_in_file_order():
                own.copy_(values)

    return taken_over(torchvision_kernels(tensors, eps), cfg, out, the_rest)


def torchvision_kernels(tensors: Mapping[str, Tensor], eps: float) -> list[Kernel]:
    """All convolutions in the order of the cfg; a matrix is a convolution of one pixel."""
    as_kernels = {
        name: tensor[:, :, None, None] if tensor.dim() == 2 else tensor
        for name, tensor in tensors.items()
    }
    return _heads_joined(_coarsest_first(kernels_of(as_kernels, eps)))


def _coarsest_first(kernels: list[Kernel]) -> list[Kernel]:
    """The pyramid's convolutions in the order of [fpn], where they stood among the others."""
    places = [place for place, kernel in enumerate(kernels) if _PYRAMID.fullmatch(kernel.name)]
    ordered = sorted((kernels[place] for place in places), key=_in_pyramid)
    result = list(kernels)
    for place, kernel in zip(places, ordered, strict=True):
        result[place] = kernel
    return result


def _in_pyramid(kernel: Kernel) -> tuple[int, bool]:
    match = _PYRAMID.fullmatch(kernel.name)
    return -int(match[2]), match[1] == "layer_blocks"


def _heads_joined(kernels: list[Kernel]) -> list[Kernel]:
    """Scores and boxes of SSD in one kernel, for each anchor the box first."""
    known = {kernel.name: kernel for kernel in kernels}
    joined = {}
    for kernel in kernels:
        match = _SSD_SCORES.fullmatch(kernel.name)
        boxes = known.get(_SSD_BOXES.format(*match.groups())) if match else None
        if boxes is not None:
            joined[kernel.name], joined[boxes.name] = _by_anchor(kernel, boxes), None
    found = (joined.get(kernel.name, kernel) for kernel in kernels)
    return [kernel for kernel in found if kernel is not None]


def _by_anchor(scores: Kernel, boxes: Kernel) -> Kernel:
    anchors = len(boxes.weight) // _COORDS
    weight, bias = (
        torch.cat(
            [part.unflatten(0, (anchors, -1)) for part in (of_boxes, of_scores)], dim=1
        ).flatten(0, 1)
        for of_scores, of_boxes in zip(scores.without_norm(), boxes.without_norm(), strict=True)
    )
    return Kernel(f"{scores.name} and {boxes.name}", weight, bias)
