"""Darknet's SGD and Adam as torch optimizers: which values move, and how far.

The gradient that the layers hold is the sum of deltas over the iteration's pictures divided by
`batch`; momentum keeps what was added before the rate was applied, as torch's SGD does, so
update_convolutional_layer() in src/convolutional_layer.c is SGD with decay on the weights alone.
"""

from __future__ import annotations

import torch
from torch import nn

from darkpy.cfg.net import NetOptions


def freeze(layers: nn.ModuleList) -> int:
    """Take what the cfg freezes out of training; gives the number of layers frozen.

    stopbackward=1 freezes all layers before the last layer that has it: no gradient, no decay,
    rolling statistics kept. dont_update freezes a layer's weights, train_only_bn its convolution.
    """
    stops = [i for i, layer in enumerate(layers) if layer.options.stopbackward == 1]
    first = stops[-1] if stops else 0
    frozen = 0
    for index, layer in enumerate(layers):
        o = layer.options
        if index < first or o.dont_update:
            layer.requires_grad_(False)
            frozen += 1
    for layer in layers[:first]:
        _hold_statistics(layer)
    if any(layer.options.train_only_bn for layer in layers):
        for layer in layers:
            for parameter in layer.decayed():
                parameter.requires_grad_(False)
    return frozen


def _hold_statistics(layer: nn.Module) -> None:
    """Keep a layer in inference mode even when the network is put into training mode."""
    layer.eval()
    layer.train = lambda mode=True: layer  # type: ignore[method-assign]


def build_optimizer(layers: nn.ModuleList, net: NetOptions) -> torch.optim.Optimizer:
    """An optimizer over all values that are trained, a parameter group per factor and decay.

    Each group's `factor` (the layer's learning_rate=) multiplies the rate; `set_rate` applies it.
    """
    groups: dict[tuple[float, bool], list[nn.Parameter]] = {}
    for layer in layers:
        decayed = {id(parameter) for parameter in layer.decayed()}
        for parameter in layer.parameters():
            if parameter.requires_grad:
                place = (layer.options.learning_rate, id(parameter) in decayed)
                groups.setdefault(place, []).append(parameter)
    settings = [
        {"params": parameters, "factor": factor, "weight_decay": net.decay if decays else 0.0}
        for (factor, decays), parameters in groups.items()
    ]
    if net.adam:
        return torch.optim.Adam(settings, lr=0.0, betas=(net.B1, net.B2), eps=net.eps)
    return torch.optim.SGD(settings, lr=0.0, momentum=net.momentum)


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Set this iteration's learning rate."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group["factor"]
