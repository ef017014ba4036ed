"""One section as a layer of its own, for tests that count by hand."""

from __future__ import annotations

import torch
from torch import Tensor

from darkpy.cfg.reader import parse_cfg
from darkpy.layers.base import Layer
from darkpy.model.network import Network
from darkpy.planning.network import plan_network


def layer_of(text: str, c: int, h: int, w: int, *, net: str = "") -> Layer:
    """The first section of `text`, built for an input (c, h, w). net: more keys of [net]."""
    cfg = f"[net]\nchannels={c}\nheight={h}\nwidth={w}\n{net}\n{text}"
    plan = plan_network(parse_cfg(cfg.splitlines(), "single.cfg"))
    assert not plan.findings.errors, plan.findings.errors
    return Network(plan).layers[0].eval()


def picture(*rows: list[float]) -> Tensor:
    """One channel of one picture (1, 1, H, W)."""
    return torch.tensor(rows, dtype=torch.float32)[None, None]


def channels(*values: float) -> Tensor:
    """One pixel of several channels (1, C, 1, 1)."""
    return torch.tensor(values, dtype=torch.float32).view(1, -1, 1, 1)


def set_values(layer: Layer, **values) -> None:
    """Fill arrays of the plan by name with a number or a list of all their values."""
    names = [array.name for array in layer.plan.arrays]
    assert set(values) <= set(names)
    with torch.no_grad():
        for name, tensor in zip(names, layer.weights_in_file_order(), strict=True):
            if name in values:
                given = torch.tensor(values[name], dtype=torch.float32)
                tensor.copy_(
                    given.expand(tensor.shape) if given.dim() == 0 else given.view(tensor.shape)
                )
