"""The guard of a training: after repeated NaN it puts earlier values back and halves the rate."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from darkpy.errors import DarkpyError, StateError

TROUBLES = 5  # updates left out within WITHIN iterations that send the training back
WITHIN = 20
REMEMBER_EVERY = 100  # iterations between two copies of the values
_COPIES = 2  # the older one is for an explosion that the newer one already shows
MOST_RETURNS = 6  # half the rate each time: after that it is not the rate's fault


@dataclass(frozen=True)
class _Copy:
    iteration: int
    tensors: tuple[Tensor, ...]


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

    def facts(self) -> dict[str, Any]:
        """What goes on from here, as JSON knows it; the copies are made anew."""
        return {"returns": self.returns, "troubles": list(self._troubles)}

    def go_on(self, facts: Mapping[str, Any], iteration: int) -> None:
        """Go on from what `facts` gave after an iteration. StateError if it cannot be that."""
        returns, troubles = facts.get("returns"), facts.get("troubles")
        possible = (
            isinstance(returns, int)
            and 0 <= returns <= MOST_RETURNS
            and isinstance(troubles, list)
            and len(troubles) <= TROUBLES
            and all(isinstance(each, int) and 0 < each <= iteration for each in troubles)
        )
        if not possible:
            raise StateError("its troubles are not possible")
        self.returns, self.factor = returns, 0.5**returns
        self._troubles.extend(troubles)

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
