"""Networks to export: with statistics of batch norm as a training leaves them."""

from __future__ import annotations

from pathlib import Path

import torch

from darkpy.layers.batchnorm import BatchNorm
from darkpy.model.network import Network


def settled(path: Path, text: str) -> Network:
    """The network of a cfg text with random weights, whose batch norms have seen two pictures."""
    path.write_text(text)
    torch.manual_seed(0)
    network = Network.from_cfg(path)
    norms = [module for module in network.modules() if isinstance(module, BatchNorm)]
    for norm in norms:
        torch.nn.init.uniform_(norm.weight, 0.5, 1.5)
        torch.nn.init.uniform_(norm.bias, -0.5, 0.5)
        norm.momentum = 1.0
    with torch.no_grad():
        network.train()(torch.rand(2, *network.plan.input))
    network.reset_state()
    return network.eval()
