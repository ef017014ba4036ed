"""A network and a file that was made of it, asked for boxes in the same way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from darkpy.export.forms import Form
from darkpy.export.reading import as_classes, folded_scores, one_score
from darkpy.heads.base import BoxesAbove, Candidates
from darkpy.inference.detector import Detector
from darkpy.layers.base import Layer
from darkpy.model.network import Network

Run = Callable[[np.ndarray], dict[str, np.ndarray]]


class AskingDetector(Detector):
    """A detector whose boxes come from a network's or a file's answers."""

    def offered(self, images: Tensor, thresh: float) -> BoxesAbove:
        return self.network.offered(images, thresh)

    def _in_lanes(self, images: Tensor, rows: Callable[[Tensor, int], Tensor]) -> Sequence[Tensor]:
        """A file has threads of its own."""
        return [rows(images, 0)]


class Answering(nn.Module):
    """What a `Detector` asks of a network. No layer of it remembers: each answer is for itself."""

    layers: tuple[Layer, ...] = ()

    def reset_state(self) -> None:
        """There is nothing to forget."""

    def candidates(self, images: Tensor) -> Candidates:
        raise NotImplementedError

    def offered(self, images: Tensor, thresh: float) -> BoxesAbove:
        """The boxes with a score above a threshold, whose objectness is in the score."""
        found = folded_scores(self.candidates(images))
        certain = (found.probs.amax(dim=2) > thresh).to(found.probs.dtype)
        return replace(found, objectness=certain).above(thresh)


class Own(Answering):
    """A network whose candidates are cut down to what a form can hold."""

    def __init__(self, network: Network, form: Form) -> None:
        super().__init__()
        self.network, self.form = network, form
        self.plan, self.detecting = network.plan, network.detecting

    def candidates(self, images: Tensor) -> Candidates:
        self.network.reset_state()
        with torch.inference_mode():
            if self.detecting:
                return self.form.limit(one_score(self.network.candidates(images)), self.network)
            last = self.network.last(images)
            return as_classes(last.flatten(1))

    def run(self, images: Tensor) -> object:
        """Only the network, as it comes without suppression."""
        with torch.inference_mode():
            return self.network(images)


class Theirs(Answering):
    """A file in the place of a network. batch: pictures that it takes, None for any number."""

    def __init__(self, run: Run, batch: int | None, network: Network, form: Form) -> None:
        super().__init__()
        self.run, self.batch, self.form, self.hidden = run, batch, form, (network,)
        self.plan, self.detecting = network.plan, network.detecting

    def candidates(self, images: Tensor) -> Candidates:
        size = self.batch or len(images)
        parts = [self._read(part) for part in images.split(size)]
        fields = [
            torch.cat([getattr(part, name) for part in parts])[: len(images)]
            for name in ("boxes", "objectness", "probs")
        ]
        return Candidates(*fields)

    def _read(self, images: Tensor) -> Candidates:
        missing = (self.batch or len(images)) - len(images)
        if missing:
            images = torch.cat((images, images.new_zeros(missing, *images.shape[1:])))
        found = self.run(np.ascontiguousarray(images.numpy()))
        with torch.inference_mode():
            return self.form.read(found, self.hidden[0], tuple(images.shape[2:]))
