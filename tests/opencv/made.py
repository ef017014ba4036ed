"""Networks with values by chance that any program can be given: the same ones everywhere."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn

from darkpy.model.network import Network
from darkpy.model.weights import save_weights


def write_weights(cfg: Path, weights: Path, seed: int = 1) -> Network:
    """Write sensible values by chance for a cfg: normal kernels that keep the size of signals,
    batch norms near 1, biases of .3. numpy's generator gives the same on every machine."""
    rng = np.random.default_rng(seed)
    network = Network.from_cfg(cfg)
    norms = [m for m in network.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    scales = {id(norm.weight) for norm in norms}
    with torch.no_grad():
        for values in network.parameters():
            fan_in = max(1, int(np.prod(values.shape[1:])))
            if id(values) in scales:
                drawn = rng.uniform(0.7, 1.3, tuple(values.shape))
            elif values.ndim < 2:
                drawn = rng.normal(0, 0.3, tuple(values.shape))
            else:
                drawn = rng.normal(0, fan_in**-0.5, tuple(values.shape))
            values.copy_(torch.from_numpy(np.asarray(drawn, np.float32)))
        for norm in norms:
            mean, var = rng.normal(0, 0.2, len(norm.bias)), rng.uniform(0.5, 1.5, len(norm.bias))
            norm.running_mean.copy_(torch.from_numpy(mean.astype(np.float32)))
            norm.running_var.copy_(torch.from_numpy(var.astype(np.float32)))
    save_weights(network, weights, 0)
    return network


def blob(height: int, width: int, pictures: int = 1, channels: int = 3) -> np.ndarray:
    """(B, C, H, W) float32 in 0..1: gentle waves with some noise."""
    rng = np.random.default_rng(7)
    y, x = np.mgrid[:height, :width] / 20.0
    shape = pictures, channels, height, width
    waves = np.sin(x + rng.uniform(0, 6, (pictures, channels, 1, 1))) * np.cos(y)
    return np.clip(0.5 + 0.4 * waves + rng.normal(0, 0.1, shape), 0, 1).astype(np.float32)
