"""The guard of a training: after repeated NaN it puts earlier values back and halves the rate."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from darkpy.errors import DarkpyError, StateError
from darkpy.training.checkpoint import bytes_of, check_alike

TROUBLES = 5  # updates left out within WITHIN iterations that send the training back
WITHIN = 20
REMEMBER_EVERY = 100  # iterations between two copies of the values
_COPIES = 2  # the older one is for an explosion that the newer one already shows
MOST_RETURNS = 6  # half the rate each time: after that it is not the rate's fault


@dataclass(frozen=True)
class _Copy:
    iteration: int
    tensors: tuple[Tensor, ...]


@dataclass(frozen=True)
class Past:
    """What a guard goes on from. stored: copies by iteration, None for one that is the values."""

    returns: int
    troubles: list[int]
    stored: dict[int, tuple[Tensor, ...] | None]


class Guard:
    """Copies of a training's tensors, and the count of its troubles.

    The tensors are finite whenever a copy is taken: an update that would spoil them is left out.
    factor: on the rate, halved at each return.
    """

    def __init__(self, tensors: tuple[Tensor, ...], iteration: int) -> None:
        self.tensors = tensors
        self.factor = 1.0
        self.returns = 0
        self._troubles: deque[int] = deque(maxlen=TROUBLES)
        self._copies: deque[_Copy] = deque(maxlen=_COPIES)
        self.remember(iteration)

    @property
    def most_bytes(self) -> int:
        """What the copies take in a state, at most."""
        return _COPIES * bytes_of(self.tensors)

    def facts(self) -> dict[str, Any]:
        """What goes on from here beside the copies, as JSON knows it."""
        copies = [copy.iteration for copy in self._copies]
        return {"returns": self.returns, "troubles": list(self._troubles), "copies": copies}

    def memory(self, iteration: int) -> dict[str, Tensor]:
        """The copies' tensors by name. What was copied after `iteration`, the last one done, are
        the values themselves and left out."""
        return {
            _name(copy.iteration, number): tensor
            for copy in self._copies
            if copy.iteration != iteration
            for number, tensor in enumerate(copy.tensors)
        }

    def past(self, facts: Mapping[str, Any], iteration: int, memory: Mapping[str, Tensor]) -> Past:
        """What `facts` and `memory` gave after an iteration. StateError if it cannot be that."""
        returns, troubles = facts.get("returns"), facts.get("troubles")
        copies = facts.get("copies", [iteration])  # states of an older darkpy hold none
        if not (
            isinstance(returns, int)
            and 0 <= returns <= MOST_RETURNS
            and _are_iterations(troubles, 1, iteration, TROUBLES)
        ):
            raise StateError("its troubles are not possible")
        if not _are_iterations(copies, 0, iteration, _COPIES) or copies != sorted({*copies}):
            raise StateError("its copies of good values are not possible")
        stored = {at: self._stored(at, memory) for at in copies if at != iteration}
        if not copies or len(memory) != len(stored) * len(self.tensors):
            raise StateError("its copies of good values are not all there")
        return Past(returns, troubles, {at: stored.get(at) for at in copies})

    def _stored(self, at: int, memory: Mapping[str, Tensor]) -> tuple[Tensor, ...]:
        named = {_name(at, number): tensor for number, tensor in enumerate(self.tensors)}
        if not named.keys() <= memory.keys():
            raise StateError("its copies of good values are not all there")
        for name, mine in named.items():
            check_alike(name, memory[name], mine)
        return tuple(memory[name] for name in named)

    def go_on(self, past: Past) -> None:
        """Go on from there, where `tensors` hold the values of that iteration already."""
        self.returns, self.factor = past.returns, 0.5**past.returns
        self._troubles.extend(past.troubles)
        self._copies.clear()
        for at, stored in past.stored.items():
            self.remember(at)
            for kept, tensor in zip(self._copies[-1].tensors, stored or (), strict=bool(stored)):
                kept.copy_(tensor)

    def remember(self, iteration: int) -> None:
        """Copy the values as they are after an iteration."""
        copies = tuple(tensor.clone() for tensor in self.tensors)
        self._copies.append(_Copy(iteration, copies))

    def in_trouble(self, iteration: int) -> bool:
        """Note an update that was left out; whether it is one too many."""
        self._troubles.append(iteration)
        return len(self._troubles) == TROUBLES and iteration - self._troubles[0] < WITHIN

    @torch.no_grad()
    def go_back(self) -> int:
        """Put the last copy back in place; gives its iteration.

        DarkpyError if the training was brought back too often.
        """
        if self.returns == MOST_RETURNS:
            raise DarkpyError(
                f"the training does not recover: {self.returns} times it went back to good weights "
                f"with half the rate, now {self.factor:g} of the cfg's; see nan_report/ for the "
                "pictures and the layer where it begins"
            )
        self._troubles.clear()
        self.returns += 1
        self.factor /= 2
        copy = self._copies[-1] if len(self._copies) == 1 else self._copies.pop()
        for tensor, kept in zip(self.tensors, copy.tensors, strict=True):
            tensor.copy_(kept)
        return copy.iteration


def _name(iteration: int, number: int) -> str:
    return f"guard.{iteration}.{number}"


def _are_iterations(given: object, least: int, most: int, count: int) -> bool:
    """Whether it is a list of at most `count` iterations between these two."""
    return (
        isinstance(given, list)
        and len(given) <= count
        and all(type(each) is int and least <= each <= most for each in given)
    )
