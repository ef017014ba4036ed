"""Tables from a name in a cfg to the thing it means."""

from __future__ import annotations

import difflib
import functools
import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Generic, TypeVar

T = TypeVar("T")

_LONGEST_WORD = 255  # letters, as in a file name; nobody means anything by more
_SHORTEST_SLIP = 4  # letters; shorter words are too much alike


def did_you_mean(word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """`; did you mean 'x'?` for the known word nearest to `word`, or nothing if none is near."""
    near = _nearest(word, tuple(known), cutoff) if len(word) <= _LONGEST_WORD else None
    return f"; did you mean '{near}'?" if near else ""


@functools.lru_cache(maxsize=1024)  # a mistake comes seldom alone
def _nearest(word: str, known: tuple[str, ...], cutoff: float) -> str | None:
    return next(iter(difflib.get_close_matches(word, known, n=1, cutoff=cutoff)), None)


def surely_meant(word: str, known: Iterable[str]) -> str | None:
    """The one known word that is one slip of the finger away from `word`, if exactly one is."""
    near = [other for other in known if _one_slip(word, other)]
    return near[0] if len(near) == 1 else None


def _one_slip(a: str, b: str) -> bool:
    """One letter too many, too few or wrong, two exchanged, or another case."""
    if a == b or abs(len(a) - len(b)) > 1 or min(len(a), len(b)) < _SHORTEST_SLIP:
        return a != b and a.lower() == b.lower()
    pairs = enumerate(zip(a, b, strict=False))
    same = next((i for i, pair in pairs if pair[0] != pair[1]), min(len(a), len(b)))
    rest_a, rest_b = a[same:], b[same:]
    return (
        rest_a[1:] == rest_b[1:]
        or rest_a[1:] == rest_b
        or rest_a == rest_b[1:]
        or (rest_a[:2] == rest_b[1::-1] and rest_a[2:] == rest_b[2:])
    )


class Registry(Mapping[str, T], Generic[T]):
    """A name -> thing table that refuses a second entry and explains a miss.

    `kind` is what an entry is called in messages: "layer", "activation", ...
    Names of modules that file their things may be known before these are imported: see `found_in`.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._things: dict[str, T] = {}
        self._homes: dict[str, str] = {}

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

    def found_in(self, package: str, modules: Iterable[str], others: Mapping[str, str]) -> None:
        """Modules of a package that file a thing under their own name; each is imported when
        somebody asks for it, for a cfg needs few of them. others: name -> module."""
        names = {**{module: module for module in modules}, **others}
        self._homes |= {name: f"{package}.{module}" for name, module in names.items()}

    def __getitem__(self, name: str) -> T:
        if name not in self._things and name in self._homes:
            importlib.import_module(self._homes[name])
        try:
            return self._things[name]
        except KeyError:
            raise KeyError(self.miss(name)) from None

    def miss(self, name: str) -> str:
        """The sentence for a name that is not in the table."""
        return f"unknown {self.kind} '{name}'{did_you_mean(name, self, cutoff=0.7)}"

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys((*self._homes, *self._things)))

    def __len__(self) -> int:
        return len(self._homes.keys() | self._things.keys())
