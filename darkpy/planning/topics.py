"""All that a cfg or a .data file can say, from the declarations that parse it.

`darkpy explain` and docs/cfg.md show what is collected here.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import darkpy.cfg.data
import darkpy.cfg.net
from darkpy.cfg.options import Key, keys_of
from darkpy.planning.network import NET_NAMES
from darkpy.sections.base import SECTIONS, LayerOptions

ANY_LAYER = "layer"
DATA_FILE = "data"

_TYPES: dict[Any, str] = {
    int: "whole number",
    float: "number",
    bool: "0 or 1",
    str: "text",
    tuple[int, ...]: "whole numbers, comma between",
    tuple[float, ...]: "numbers, comma between",
    tuple[str, ...]: "texts, comma between",
    int | None: "whole number",
    float | None: "number",
}


@dataclass(frozen=True)
class Topic:
    """A kind of section: its names, the first of which is the usual one, and its own keys.

    title: how it is written. summary: one sentence. details: what else is worth knowing.
    shared: the keys that it has besides its own.
    """

    names: tuple[str, ...]
    title: str
    summary: str
    details: str
    keys: Mapping[str, Key]
    shared: Mapping[str, Key] = field(default_factory=dict)

    @property
    def aliases(self) -> tuple[str, ...]:
        return self.names[1:]

    def key(self, name: str) -> Key | None:
        """A key of the section by its name, its own or a shared one."""
        return self.keys.get(name) or self.shared.get(name)


@functools.cache
def topics() -> tuple[Topic, ...]:
    """[net], what every layer knows, every kind of layer by name, the .data file."""
    shared = keys_of(LayerOptions)
    net = _topic(NET_NAMES, "[net]", darkpy.cfg.net.NetOptions)
    any_layer = Topic(
        (ANY_LAYER,),
        "any layer",
        "keys that every section but [net] knows.",
        "What is frozen, what is loaded, and how fast a single layer learns.",
        shared,
    )
    names: dict[type, list[str]] = {}
    for name, options in SECTIONS.items():
        names.setdefault(options, []).append(name)
    kinds = [_topic(tuple(n), f"[{n[0]}]", options, shared) for options, n in names.items()]
    kinds.sort(key=lambda topic: topic.names[0].lower())
    data = _topic((DATA_FILE, ".data"), ".data file", darkpy.cfg.data.DataOptions)
    return (net, any_layer, *kinds, data)


def _topic(
    names: tuple[str, ...], title: str, options: type, shared: Mapping[str, Key] | None = None
) -> Topic:
    """What the docstring of the options' module says, and the keys."""
    shared = shared or {}
    first, _, details = (sys.modules[options.__module__].__doc__ or "").partition("\n\n")
    summary = " ".join(first.partition(": ")[2].split())
    keys = {name: key for name, key in keys_of(options).items() if name not in shared}
    return Topic(names, title, summary, " ".join(details.split()), keys, shared)


def type_of(key: Key) -> str:
    """What may stand behind the equals sign, in words."""
    if key.choices:
        return ", ".join(key.choices)
    low, high = key.minimum, key.maximum
    bounds = ""
    if low is not None and high is not None:
        bounds = f", only {low:g}" if low == high else f", {low:g} to {high:g}"
    elif low is not None:
        bounds = f", at least {low:g}"
    elif high is not None:
        bounds = f", at most {high:g}"
    return _TYPES[key.type] + bounds


def default_of(key: Key) -> str:
    """The value that a key has where it is left out, as a cfg would write it; "" for none."""
    default = key.default
    if default in (None, "", ()):
        return ""
    if isinstance(default, bool):
        return str(int(default))
    return f"{default:g}" if isinstance(default, float) else str(default)
