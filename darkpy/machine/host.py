"""What belongs to the process that runs darkpy as a library: its random state."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor

T = TypeVar("T")


@dataclass(frozen=True)
class _Chance:
    """torch's random state: of the processor, and of each GPU where they are in use."""

    processor: Tensor
    devices: list[Tensor] | None

    @classmethod
    def now(cls) -> _Chance:
        used = torch.cuda.is_initialized()
        return cls(torch.get_rng_state(), torch.cuda.get_rng_state_all() if used else None)

    def put_back(self) -> None:
        torch.set_rng_state(self.processor)
        if self.devices is not None:
            torch.cuda.set_rng_state_all(self.devices)
        elif torch.cuda.is_available():
            # GPUs that nobody used then begin with the seed that the processor was given.
            torch.cuda.manual_seed_all(torch.initial_seed())


def with_own_chance(events: Generator[T, None, None]) -> Iterator[T]:
    """Whatever `events` does to torch's random state is undone whenever it yields, and goes on as
    it was when it is asked for more."""
    own = _Chance.now()
    try:
        while True:
            host = _Chance.now()
            own.put_back()
            try:
                event = next(events)
            except StopIteration:
                return
            finally:
                own = _Chance.now()
                host.put_back()
            yield event
    finally:
        events.close()
