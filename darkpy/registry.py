"""Tables from a name in a cfg to the thing it means."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Generic, TypeVar

T = TypeVar("T")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?` for the known word nearest to `word`, or nothing if none is near."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'?" if near else ""


class Registry(Mapping[str, T], Generic[T]):
    """A name -> thing table that refuses a second entry and explains a miss.

    `kind` is what an entry is called in messages: "layer", "activation", ...
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._things: dict[str, T] = {}

    def __call__(self, *names: str) -> Callable[[T], T]:
        """Decorator that files a thing under one or several names."""

        def register(thing: T) -> T:
            for name in names:
                self.add(name, thing)
            return thing

        return register

    def add(self, name: str, thing: T) -> None:
        """File `thing` under `name`; KeyError if the name is taken."""
        if name in self._things:
            raise KeyError(f"{self.kind} '{name}' is registered twice")
        self._things[name] = thing

    def __getitem__(self, name: str) -> T:
        try:
            return self._things[name]
        except KeyError:
            raise KeyError(self.miss(name)) from None

    def miss(self, name: str) -> str:
        """The sentence for a name that is not in the table."""
        return f"unknown {self.kind} '{name}'{did_you_mean(name, self._things)}"

    def __iter__(self) -> Iterator[str]:
        return iter(self._things)

    def __len__(self) -> int:
        return len(self._things)
