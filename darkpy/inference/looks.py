"""What detected objects look like: the vectors that a [yolo]'s embedding_layer= gives them.

get_embedding(), Darknet's src/blas.c: each anchor of each cell has its share of the channels.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from darkpy.model.network import Network


@dataclass(frozen=True)
class _HeadLook:
    """A head that has an embedding layer. first, count: of its candidates, anchor by anchor."""

    layer: int
    first: int
    count: int
    anchors: int


class Looks:
    """Listens to a network while it detects; `of` then gives the looks of candidates."""

    def __init__(self, network: Network) -> None:
        self._heads: list[_HeadLook] = []
        self._outputs: dict[int, Tensor] = {}
        self._handles = []
        first = 0
        for index, head in network.detecting.items():
            out = network.plan.layers[index].out
            anchors = len(getattr(head.options, "own_mask", ())) or 1
            number = getattr(head.options, "embedding_layer", None)
            if number is not None:
                layer = index + number if number < 0 else number
                self._heads.append(_HeadLook(layer, first, anchors * out.h * out.w, anchors))
                hook = self._keeper(layer)
                self._handles.append(network.layers[layer].register_forward_hook(hook))
            first += anchors * out.h * out.w

    def __bool__(self) -> bool:
        """Whether the network gives any."""
        return bool(self._heads)

    def _keeper(self, layer: int):
        def keep(module: nn.Module, inputs: object, output: Tensor) -> None:
            self._outputs[layer] = output.detach().clone()  # a later layer may write into it

        return keep

    def of(self, candidates: Tensor) -> Tensor | None:
        """Vectors of length 1, (N, S), of candidates (N,) of the one picture seen last.

        Zeros, which are like nothing, for heads without an embedding; None if nothing was heard.
        """
        heads = [head for head in self._heads if head.layer in self._outputs]
        if not heads:
            return None
        size = max(self._outputs[head.layer].shape[1] // head.anchors for head in heads)
        looks = torch.zeros(len(candidates), size)
        for head in heads:
            output = self._outputs[head.layer][0].float().cpu()
            rows = output.reshape(head.anchors, -1, output[0].numel()).movedim(1, 2).flatten(0, 1)
            own = (candidates >= head.first) & (candidates < head.first + head.count)
            looks[own, : rows.shape[1]] = rows[candidates[own] - head.first]
        return F.normalize(looks, dim=1)
