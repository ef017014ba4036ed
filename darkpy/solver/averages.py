"""ema_alpha=: a running average of the weights over the later part of a training."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from darkpy.cfg.net import NetOptions

# Iterations at the end in which batch norm learns about the averaged weights:
# train_network_waitkey(), src/network.c.
SETTLING = 1000


class AveragedWeights:
    """The average of `values`, from half of the training on.

    SETTLING iterations before the end the average takes the weights' place, and stays as it is.
    In a training that is shorter than twice that, where the C program's average never moves, it
    is kept to the end beside the weights and never takes their place.
    """

    def __init__(self, values: Tensor, net: NetOptions) -> None:
        self.values, self.alpha = values, net.ema_alpha
        self.start = net.max_batches // 2
        self.apply = net.max_batches - SETTLING
        if self.apply <= self.start:
            self.apply = net.max_batches + 1
        self.average: Tensor | None = None

    @torch.no_grad()
    def follow(self, iteration: int) -> None:
        """Take in the weights after an iteration."""
        if not self.alpha or iteration < self.start:
            return
        if self.average is None:
            self.average = self.values.clone()
        if iteration < self.apply:
            self.average.lerp_(self.values, 1 - self.alpha)
        elif iteration == self.apply:
            self.values.copy_(self.average)

    def moves(self, iteration: int) -> bool:
        """Whether there is an average that is not the weights themselves."""
        return self.average is not None and iteration < self.apply

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """The network with the averaged weights, for writing them."""
        assert self.average is not None
        own = self.values.clone()
        self.values.copy_(self.average)
        try:
            yield
        finally:
            self.values.copy_(own)
