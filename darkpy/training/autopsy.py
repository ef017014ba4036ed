"""Where an iteration went bad: its mini-batches once more, layer by layer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from darkpy.layers.base import Layer
from darkpy.model.network import Network


@dataclass(frozen=True)
class Look:
    """What one layer's numbers looked like.

    smallest, largest: of the finite ones. bad: how many are NaN or infinite, of `size`. pictures:
    the places in the mini-batch that have bad ones.
    """

    layer: int
    smallest: float
    largest: float
    bad: int
    size: int
    pictures: tuple[int, ...] = ()


@dataclass(frozen=True)
class Autopsy:
    """What a replay found.

    weights: layers whose own values are not finite. mini_batch: number of the first mini-batch
    that goes bad, None if none does. outputs, gradients: of that mini-batch, in the order of the
    passes: forward from the first layer on, gradients of the weights from the last one back. Where
    none of them is bad, the loss itself is. statistics: layers whose rolling statistics that
    mini-batch spoiled.
    """

    weights: tuple[int, ...]
    mini_batch: int | None = None
    outputs: tuple[Look, ...] = ()
    gradients: tuple[Look, ...] = ()
    statistics: tuple[int, ...] = ()

    @property
    def first(self) -> tuple[str, Look] | None:
        """The pass, "forward" or "backward", and the layer in which it begins."""
        for way, looks in (("forward", self.outputs), ("backward", self.gradients)):
            for look in looks:
                if look.bad:
                    return way, look
        return None


def find_fault(network: Network, passes: Sequence[Callable[[], Tensor]]) -> Autopsy:
    """Run `passes`, each a mini-batch forward and backward, until one goes bad.

    They give the numbers of the loss, which can be all that is not finite: squares of large ones.
    The gradients that the network holds are added to; everything else is left as it was, apart
    from buffers, which the caller keeps. Waits for the device.
    """
    weights = _not_finite(network, lambda layer: layer.weights_in_file_order())
    for number, go in enumerate(passes):
        outputs: list[Look] = []
        with ExitStack() as hooks, torch.random.fork_rng(enabled=True):
            for index, layer in enumerate(network.layers):
                hooks.enter_context(_watch(index, layer, outputs))
            numbers = go()
        gradients = tuple(_gradients(network))
        statistics = _not_finite(network, lambda layer: layer.buffers())
        lost = bool(statistics) or not bool(numbers.isfinite().all())
        if lost or any(look.bad for look in (*outputs, *gradients)):
            return Autopsy(weights, number, tuple(outputs), gradients, statistics)
    return Autopsy(weights)


def _not_finite(network: Network, tensors: Callable[[Layer], Iterable[Tensor]]) -> tuple[int, ...]:
    """The layers of which one of these tensors is not finite."""
    return tuple(
        index
        for index, layer in enumerate(network.layers)
        if any(not bool(tensor.isfinite().all()) for tensor in tensors(layer))
    )


def _watch(index: int, layer: nn.Module, looks: list[Look]):
    """Have a layer's output looked at as soon as it is there."""

    def look(module: nn.Module, inputs: tuple, output: Tensor) -> None:
        again = any(seen.layer == index for seen in looks)  # optimized_memory=, on the way back
        if module.training and not again:  # else it is a pass that only prepares the pictures
            looks.append(_look(index, output, pictures=True))

    return layer.register_forward_hook(look)


def _gradients(network: Network):
    for index in reversed(range(len(network.layers))):
        parameters = network.layers[index].parameters()
        gradients = [p.grad.flatten() for p in parameters if p.grad is not None]
        if gradients:
            yield _look(index, torch.cat(gradients))


def _look(layer: int, numbers: Tensor, *, pictures: bool = False) -> Look:
    numbers = numbers.detach().float()
    finite = numbers.isfinite()
    bad = int((~finite).sum())
    some = finite.any()
    where: list[int] = []
    if pictures and bad:
        where = (~finite).flatten(1).any(dim=1).nonzero().flatten().tolist()
    return Look(
        layer,
        smallest=float(torch.where(finite, numbers, torch.inf).min()) if some else 0.0,
        largest=float(torch.where(finite, numbers, -torch.inf).max()) if some else 0.0,
        bad=bad,
        size=numbers.numel(),
        pictures=tuple(where),
    )
