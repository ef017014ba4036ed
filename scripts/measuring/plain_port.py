"""A cfg as the plain torch modules that a port by hand would be made of, for comparison alone."""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from darkpy.planning.network import read_network
from darkpy.sections.base import Plan

_ACTIVATIONS = {"leaky": lambda: nn.LeakyReLU(0.1, inplace=True), "mish": nn.Mish}
_ACTIVATIONS |= {"linear": nn.Identity, "swish": nn.SiLU, "relu": nn.ReLU}


class PlainPort(nn.Module):
    """nn.Conv2d, nn.BatchNorm2d and an activation for each layer; the raw values of the heads.

    No losses of a detector, so a step of it has less to do than darkpy's.
    """

    def __init__(self, cfg: str | Path) -> None:
        super().__init__()
        self.plans = read_network(cfg).layers
        self.layers = nn.ModuleList(_built(plan) for plan in self.plans)

    def forward(self, images: Tensor) -> list[Tensor]:
        outputs: dict[int, Tensor] = {-1: images}
        raw = []
        for plan, layer in zip(self.plans, self.layers, strict=True):
            inputs = [outputs[source] for source in plan.sources]
            if plan.kind == "yolo":
                raw.append(inputs[0])
            outputs[plan.index] = _computed(plan, layer, inputs)
        return raw


class PortStep:
    """Forward, the mean of squares, backward, torch's SGD: on pictures that lie ready."""

    def __init__(self, cfg: str | Path, batch: int, size: int) -> None:
        torch.manual_seed(1)
        self.port = PlainPort(cfg).train()
        self.optimizer = torch.optim.SGD(
            self.port.parameters(), lr=1e-6, momentum=0.9, weight_decay=5e-4
        )
        self.images = torch.rand(batch, 3, size, size)

    def run(self) -> None:
        self.optimizer.zero_grad()
        sum(raw.square().mean() for raw in self.port(self.images)).backward()
        self.optimizer.step()


def _built(plan: Plan) -> nn.Module:
    o = plan.options
    if plan.kind == "convolutional":
        c, margin = plan.inputs[0].c, o.margin * o.reach
        sides = {"stride": o.kernel_steps, "padding": margin, "dilation": o.reach}
        parts = [nn.Conv2d(c, o.filters, o.size, groups=o.kernel_groups, bias=not o.norm, **sides)]
        if o.norm:
            parts.append(nn.BatchNorm2d(o.filters))
        return nn.Sequential(*parts, _ACTIVATIONS[o.activation]())
    if plan.kind == "maxpool":
        return _pooled(o.window, o.kernel_steps[0])
    return nn.Identity()


def _pooled(window: int, step: int) -> nn.Module:
    if step == 1 and window % 2 == 0:  # one more pixel to the right and below than before
        before, after = window // 2 - 1, window // 2
        return nn.Sequential(nn.ZeroPad2d((before, after) * 2), nn.MaxPool2d(window, step))
    return nn.MaxPool2d(window, step, padding=window // 2 if step == 1 else 0)


def _computed(plan: Plan, layer: nn.Module, inputs: list[Tensor]) -> Tensor:
    o = plan.options
    if plan.kind == "route":
        if o.groups > 1:
            inputs = [x.chunk(o.groups, dim=1)[o.group_id] for x in inputs]
        return torch.cat(inputs, dim=1)
    if plan.kind == "shortcut":
        return sum(inputs)
    if plan.kind == "upsample":
        return F.interpolate(inputs[0], scale_factor=float(o.stride), mode="nearest")
    return layer(inputs[0])
