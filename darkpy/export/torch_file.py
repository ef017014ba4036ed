"""A network as TorchScript, or as a program of torch.export: for libtorch, without darkpy.

Both give ultralytics' output: (B, 4+K, N), cx cy w h in px of the input and the scores.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from darkpy.export.reading import folded_scores
from darkpy.model.network import Network

OUTPUT = "output0"


class Traced(nn.Module):
    """A network with its decoding, or the numbers (B, K) of a classifier."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        if not self.network.detecting:
            (last,) = self.network(images).values()
            return last.flatten(1)
        found = folded_scores(self.network.candidates(images))
        height, width = images.shape[2:]
        sides = torch.tensor([width, height, width, height], dtype=images.dtype)
        return torch.cat((found.boxes * sides, found.probs), dim=2).transpose(1, 2)


def torchscript(network: Network, batch: int) -> bytes:
    """A traced module with batch norm folded; libtorch loads it with torch::jit::load."""
    network.reset_state()
    images = torch.rand(batch, *network.plan.input)
    with torch.no_grad(), warnings.catch_warnings():
        # torch would have everyone take torch.export, which C++ cannot load without a compiler.
        warnings.simplefilter("ignore")
        traced = torch.jit.trace(Traced(network).eval(), images, check_trace=False)
        frozen = torch.jit.freeze(traced.eval())
        file = io.BytesIO()
        torch.jit.save(frozen, file)
    return file.getvalue()


def program(network: Network, batch: int) -> bytes:
    """What torch.export.load reads, and AOTInductor compiles for C++."""
    network.reset_state()
    images = torch.rand(batch, *network.plan.input)
    with torch.no_grad():
        exported = torch.export.export(Traced(network).eval(), (images,))
        file = io.BytesIO()
        torch.export.save(exported, file)
    return file.getvalue()


def running(content: bytes, is_program: bool) -> Callable[[np.ndarray], dict[str, np.ndarray]]:
    """The file loaded again, as the other runtimes are called."""
    file = io.BytesIO(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = torch.export.load(file).module() if is_program else torch.jit.load(file)

    def run(images: np.ndarray) -> dict[str, np.ndarray]:
        with torch.no_grad():
            return {OUTPUT: module(torch.from_numpy(images)).contiguous().numpy()}

    return run
