"""Darknet's SGD and Adam: which values move in an iteration, and how far.

The gradient that the layers hold is the sum of deltas over the iteration's pictures divided by
`batch`; momentum keeps what was added before the rate was applied. update_convolutional_layer()
in src/convolutional_layer.c, adam_update_gpu() in src/blas_kernels.cu.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from darkpy.cfg.net import NetOptions
from darkpy.solver.memory import FlatMemory, aligned_end

Awake = Callable[[int], Sequence[bool]]


@dataclass(frozen=True)
class Piece:
    """Values that are treated alike.

    owner: number of the layer they belong to. factor: on the rate. decay: share of a value that
    is added to its gradient.
    """

    place: slice
    owner: int
    factor: float
    decay: float


class Optimizer:
    """Moves all values of a network that are trained, in flat memory.

    awake: for an iteration, which layers move. values, gradients (N,): what is trained, and what
    the layers' backward passes add up. `step` reads `ok`, a bool tensor on the device: where it is
    False nothing changes, and nobody has waited for the device to find out.
    """

    def __init__(self, layers: nn.ModuleList, net: NetOptions, awake: Awake) -> None:
        self.net, self.awake = net, awake
        self.parameters, pieces = _sorted(layers, self._decay)
        device = self.parameters[0].device if self.parameters else torch.device("cpu")
        memory = FlatMemory(self.parameters, device)
        self.values = memory.flat
        self.gradients = memory.beside(self.parameters)
        self.pieces = [
            Piece(place, *facts) for place, facts in zip(memory.slots, pieces, strict=True)
        ]
        self._moving: tuple[Sequence[bool], list[Piece]] = ((), [])

    def clear(self) -> None:
        """Set the gradients to zero."""
        self.gradients.zero_()

    def finite(self) -> Tensor:
        """Whether all gradients are finite; a bool tensor on the device."""
        return torch.linalg.vector_norm(self.gradients, torch.inf).isfinite()

    def moving(self, iteration: int) -> list[Piece]:
        """The pieces that move in an iteration; neighbours that are treated alike are one."""
        awake = tuple(self.awake(iteration))
        if awake != self._moving[0]:
            self._moving = awake, _joined([piece for piece in self.pieces if awake[piece.owner]])
        return self._moving[1]

    def step(self, iteration: int, rate: float, ok: Tensor) -> None:
        """Move the values. rate: of this iteration, before the layers' own factors."""
        self.move(iteration, self.facts(iteration, rate), ok)

    def facts(self, iteration: int, rate: float) -> list[float]:
        """The numbers of an iteration that `move` reads: factors on the changes, and others."""
        return [-rate * piece.factor for piece in self.moving(iteration)]

    @torch.no_grad()
    def move(self, iteration: int, facts: Sequence[float] | Tensor, ok: Tensor) -> None:
        """Move the values by these `facts`, as numbers or as a tensor (N,) on the device."""
        moved = ok.to(torch.float32)
        pieces = self.moving(iteration)
        for factor, piece in zip(facts[: len(pieces)], pieces, strict=True):
            change = self.change(piece, ok, facts[len(pieces) :])
            own = self.values[piece.place]
            if isinstance(factor, Tensor):
                # rounded as below, so that both ways give the same bytes
                own.addcmul_(change * factor, moved)
            else:
                own.addcmul_(change, moved, value=factor)

    def change(self, piece: Piece, ok: Tensor, facts: Sequence[float] | Tensor) -> Tensor:
        """What a rate of 1 takes off a piece's values; finite whether `ok` or not.

        facts: the iteration's others.
        """
        raise NotImplementedError

    def memory(self) -> dict[str, Tensor]:
        """What it keeps from one iteration to the next, by name."""
        raise NotImplementedError

    def divisor(self, iteration: int) -> int:
        """By what the sum of the deltas is divided: update_network_gpu(), Darknet's src/."""
        chained = 1 if self.net.adam else self.net.chained(iteration)
        return self.net.gradient_divisor * chained

    def _decay(self, decayed: bool) -> float:
        raise NotImplementedError


class Sgd(Optimizer):
    """Momentum, and decay on the weights alone."""

    def __init__(self, layers: nn.ModuleList, net: NetOptions, awake: Awake) -> None:
        super().__init__(layers, net, awake)
        self.momentum = torch.zeros_like(self.values)

    def change(self, piece: Piece, ok: Tensor, facts: Sequence[float] | Tensor) -> Tensor:
        momentum = self.momentum[piece.place]
        gradient = self.gradients[piece.place]
        if piece.decay:
            gradient.add_(self.values[piece.place], alpha=piece.decay)
        gradient.add_(momentum, alpha=self.net.momentum)
        return torch.where(ok, gradient, momentum, out=momentum)

    def memory(self) -> dict[str, Tensor]:
        return {"momentum": self.momentum}

    def _decay(self, decayed: bool) -> float:
        return self.net.decay if decayed else 0.0


class Adam(Optimizer):
    """adam=1: the sum of the deltas, not their mean, and decay on all values.

    The corrections of the running means count from the first iteration of the training, also
    where a later one begins with empty means, as the C program has it.
    """

    def __init__(self, layers: nn.ModuleList, net: NetOptions, awake: Awake) -> None:
        super().__init__(layers, net, awake)
        self.mean = torch.zeros_like(self.values)
        self.square = torch.zeros_like(self.values)

    def facts(self, iteration: int, rate: float) -> list[float]:
        corrections = (1 - np.float32(beta) ** iteration for beta in (self.net.B1, self.net.B2))
        return [*super().facts(iteration, rate), *map(float, corrections)]

    def change(self, piece: Piece, ok: Tensor, facts: Sequence[float] | Tensor) -> Tensor:
        mean, square = self.mean[piece.place], self.square[piece.place]
        gradient = self.gradients[piece.place].add_(self.values[piece.place], alpha=piece.decay)
        torch.where(ok, torch.lerp(gradient, mean, self.net.B1), mean, out=mean)
        torch.where(ok, torch.lerp(gradient.square_(), square, self.net.B2), square, out=square)
        first, second = facts
        return (mean / first).div_((square / second).sqrt_().add_(self.net.eps))

    def memory(self) -> dict[str, Tensor]:
        return {"mean": self.mean, "square": self.square}

    def _decay(self, decayed: bool) -> float:
        return self.net.decay * self.net.pictures


def build_optimizer(
    layers: nn.ModuleList, net: NetOptions, awake: Awake | None = None
) -> Optimizer:
    """The optimizer that [net] asks for, over all layers; all of them move unless `awake` says."""
    everything = [True] * len(layers)
    return (Adam if net.adam else Sgd)(layers, net, awake or (lambda iteration: everything))


def _sorted(
    layers: nn.ModuleList, decay: Callable[[bool], float]
) -> tuple[list[nn.Parameter], list[tuple[int, float, float]]]:
    """All parameters that learn, those treated alike together; (layer, factor, decay) of each."""
    known: set[int] = set()
    found = []
    for index, layer in enumerate(layers):
        decayed = {id(parameter) for parameter in layer.decayed()}
        for parameter in layer.parameters():
            if parameter.requires_grad and id(parameter) not in known:
                known.add(id(parameter))
                facts = index, layer.options.learning_rate, decay(id(parameter) in decayed)
                found.append((parameter, facts))
    found.sort(key=lambda each: each[1][1:])
    return [parameter for parameter, _ in found], [facts for _, facts in found]


def _joined(pieces: list[Piece]) -> list[Piece]:
    """Fewer and longer pieces; the zeros between tensors stay zeros whatever is done to them."""
    joined: list[Piece] = []
    for piece in pieces:
        last = joined[-1] if joined else piece
        alike = (last.factor, last.decay) == (piece.factor, piece.decay)
        if joined and alike and aligned_end(last.place.stop) == piece.place.start:
            joined[-1] = replace(last, place=slice(last.place.start, piece.place.stop))
        else:
            joined.append(piece)
    return joined
