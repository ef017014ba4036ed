"""From pictures to probabilities of classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from darkpy.data.arrays import as_pixels
from darkpy.data.resize import central_crop
from darkpy.errors import CfgError, DarkpyError, number_of
from darkpy.inference.lanes import Lanes
from darkpy.losses.tree import ClassTree
from darkpy.machine.forks import compute_alone_in_children
from darkpy.model.fast import FastLayers, fast_layers
from darkpy.model.network import Network
from darkpy.model.precision import FLOAT32
from darkpy.model.state import remembers
from darkpy.sections.base import Shape


class Classifier:
    """A network whose last layer says how likely each class is. input: (C, H, W).

    tree: the hierarchy of a [softmax] with tree=, or None. Recurrent layers see the pictures in
    their order and remember those before, of earlier calls too, until network.reset_state().
    """

    def __init__(self, network: Network, device: str | torch.device = "cpu") -> None:
        """CfgError where it detects boxes."""
        if network.detecting:
            raise CfgError(f"{network.plan.source}: detects boxes: use `darkpy detector`")
        self.network = network.eval().to(device)
        self.device = torch.device(device)
        self.input: Shape = network.plan.input
        self.classes: int = network.plan.layers[-1].out.size
        trees = [getattr(layer, "tree", None) for layer in network.layers]
        self.remembers = remembers(network)
        self._lanes = Lanes(network)
        self._fast: FastLayers | None = None
        self.tree: ClassTree | None = next((tree for tree in trees[::-1] if tree is not None), None)

    def classify(self, pictures: Sequence[np.ndarray]) -> Tensor:
        """Probabilities (B, K) float32 on the CPU of pictures (H, W, C) uint8 RGB.

        Each is shown as its middle, see `central_crop`. With a tree each class has the product of
        all on its way from the top. DarkpyError where they are not finite.
        """
        compute_alone_in_children()
        pictures = [
            as_pixels(picture, self.input.c, f"picture {number}")
            for number, picture in enumerate(pictures, start=1)
        ]
        crops = [central_crop(pixels, self.input.h, self.input.w) for pixels in pictures]
        return self.classify_crops(torch.stack(crops))

    def classify_crops(self, images: Tensor) -> Tensor:
        """The same for network inputs (B, C, H, W) in 0..1."""
        images = images.to(self.device).contiguous(memory_format=torch.channels_last)
        shown = images.split(1) if self.remembers else (images,)
        with torch.inference_mode():
            last = torch.cat([part for some in shown for part in self._last(some)])
            probs = last.flatten(1).float()
            if self.tree is not None:
                probs = self.tree.absolute(probs, dim=1)
        probs = probs.cpu()
        if not probs.isfinite().all():
            lost = int((~probs.isfinite()).any(dim=1).sum())
            raise DarkpyError(
                f"{self.network.plan.source}: the outputs of {number_of(lost, 'pictures')} are not "
                "finite: do the weights belong to this cfg?"
            )
        return probs

    def _last(self, images: Tensor) -> list[Tensor]:
        """What the last layer says, in parts."""
        self._fast = fast_layers(self._fast, self.network, FLOAT32, self.device)
        instead = self._fast.instead

        def last(part: Tensor, _: int) -> Tensor:
            with FLOAT32(self.device):
                return self.network.last(part, instead)

        return self._lanes.run(images, last)

    def __getstate__(self) -> dict[str, Any]:
        """What is pickled: the fast layers are made again."""
        return {**self.__dict__, "_fast": None}


def top(probs: Tensor, count: int) -> Tensor:
    """Numbers of the likeliest classes (B, K) -> (B, count), of equal ones the first first."""
    return probs.argsort(dim=1, descending=True, stable=True)[:, :count]
