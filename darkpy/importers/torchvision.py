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
from darkpy.planning.network import read_network

_PYRAMID = re.compile(r".*\.fpn\.(inner_blocks|layer_blocks)\.(\d+)(?:\.0)?")
_SSD_SCORES = re.compile(r"(.*)\.classification_head\.module_list\.(\d+)")
_SSD_BOXES = "{}.regression_head.module_list.{}"
_LENGTH = "scale_weight"  # of what SSD brings to length 1
_COORDS = 4
_RETINA_SCORES = "classification_head.cls_logits"
# COCO numbers its 80 classes up to 90; torchvision keeps a row for each number, and one for 0.
_COCO_ROWS = 91
_COCO_GAPS = (12, 26, 29, 30, 45, 66, 68, 69, 71, 83)
_COCO_NUMBERS = [number for number in range(1, _COCO_ROWS) if number not in _COCO_GAPS]


def torchvision_taken_over(tensors: Mapping[str, Tensor], eps: float, cfg: Path, out: str) -> Match:
    """Write a weights file for a cfg with what fits; nothing if nothing does."""
    lengths = [tensor for name, tensor in tensors.items() if name.split(".")[-1] == _LENGTH]

    def the_rest(network: Network) -> None:
        scaled = (layer for layer in network.layers if layer.plan.kind == "l2norm")
        for layer, values in zip(scaled, lengths, strict=False):
            for own in layer.weights_in_file_order():
                own.copy_(values)

    classes = read_network(cfg).classes
    return taken_over(torchvision_kernels(tensors, eps, classes), cfg, out, the_rest)


def torchvision_kernels(
    tensors: Mapping[str, Tensor], eps: float, classes: int = 0
) -> list[Kernel]:
    """All convolutions in the order of the cfg; a matrix is a convolution of one pixel.

    classes: of the cfg; where they are 80, those of COCO are picked from the rows of its numbers.
    """
    as_kernels = {
        name: tensor[:, :, None, None] if tensor.dim() == 2 else tensor
        for name, tensor in tensors.items()
    }
    kernels = kernels_of(as_kernels, eps)
    if classes == len(_COCO_NUMBERS):
        kernels = [_of_coco(kernel) for kernel in kernels]
    return _heads_joined(_coarsest_first(kernels))


def _of_coco(kernel: Kernel) -> Kernel:
    """Scores of COCO's numbers without those that no class has; SSD's background is number 0."""
    ssd = _SSD_SCORES.fullmatch(kernel.name)
    anchors, rest = divmod(len(kernel.weight), _COCO_ROWS)
    if rest or not (ssd or kernel.name.endswith(_RETINA_SCORES)):
        return kernel
    rows = torch.tensor([0, *_COCO_NUMBERS] if ssd else _COCO_NUMBERS)
    weight, bias = (
        part.unflatten(0, (anchors, _COCO_ROWS))[:, rows].flatten(0, 1)
        for part in kernel.without_norm()
    )
    return Kernel(kernel.name, weight, bias)


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
