"""Whether the state of a training fits the cfg, lists and flags that it is to go on with."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from darkpy.cfg.net import NetOptions
from darkpy.cfg.net_section import net_options
from darkpy.cfg.options import keys_of, options_from
from darkpy.cfg.reader import Section, parse_cfg
from darkpy.data.classes import ClassDataset
from darkpy.data.dataset import Dataset
from darkpy.errors import Findings, number_of, place
from darkpy.flags.training import TrainingFlags
from darkpy.sections.base import SECTIONS, LayerOptions

# Keys of [net] that decide what the optimizer remembers.
_OF_THE_OPTIMIZER = {"adam"}
# Keys of a layer that say how it trains and not what it computes.
_HOW_IT_TRAINS = {
    "learning_rate",
    "stopbackward",
    "dont_update",
    "burnin_update",
    "train_only_bn",
    "onlyforward",
    "dontload",
    "dontloadscales",
    "clip",
    "probability",
    "dropblock",
    "dropblock_size_rel",
    "dropblock_size_abs",
    "assisted_excitation",
}
# Keys of a head that decide what its inputs mean; its others say how it learns.
_WHAT_A_HEAD_MEANS = {"classes", "mask", "num", "coords", "side", "sqrt", "softmax", "tree"}
# Flags that change the numbers of a training.
_FLAGS = ("amp", "augment", "reduced_decode", "sync_bn")


class Change(NamedTuple):
    """A key that is another one than when the state was saved. text: where, and both values.

    refused: the state does not fit with it.
    """

    key: str
    text: str
    refused: bool


def changes(old: list[str], new: list[str], source: str) -> list[Change]:
    """What differs between two cfgs, given as lines; the keys that count, defaults filled in."""
    before, now = parse_cfg(old, source).sections, parse_cfg(new, source).sections
    kinds = [section.kind for section in before], [section.kind for section in now]
    if kinds[0] != kinds[1]:
        return [_other_layers(before, now, source)]
    pairs = zip(before, now, strict=True)
    return [change for pair in pairs for change in _of_section(*pair)]


def flag_changes(old: dict[str, Any], flags: TrainingFlags) -> Iterator[str]:
    """Flags that change the numbers and were others."""
    for name in _FLAGS:
        now = getattr(flags, name)
        if name in old and old[name] != now:
            yield f"-{name} {now} was {old[name]}"


def data_digest(dataset: Dataset | ClassDataset) -> str:
    """What tells a list of pictures with its labels from any other."""
    digest = hashlib.blake2b(digest_size=16)
    for part in dataset.content:
        digest.update(part)
    return digest.hexdigest()


def _other_layers(before: tuple[Section, ...], now: tuple[Section, ...], source: str) -> Change:
    for old, new in zip(before, now, strict=False):
        if old.kind != new.kind:
            where = place(source, new.line)
            return Change(new.kind, f"{where}: [{new.kind}] was [{old.kind}]", True)
    count = f"{number_of(len(now), 'sections')}, there were {len(before)}"
    return Change("sections", f"{source}: {count}", True)


def _of_section(old: Section, new: Section) -> Iterator[Change]:
    """The keys of one section that changed."""
    now = _options(new)
    for name, before, after in changed_keys(old, new):
        where = place(new.source, new.line_of(name))
        text = f"{where}: [{new.kind}] {name}={after} was {before}"
        yield Change(name, text, _is_refused(name, now))


def changed_keys(old: Section, new: Section) -> Iterator[tuple[str, str, str]]:
    """Keys of a section that have other values, and these; defaults filled in."""
    before, now = _options(old), _options(new)
    for name, key in keys_of(type(now)).items():
        values = getattr(before, key.field), getattr(now, key.field)
        if values[0] != values[1] and not key.inert:
            yield name, _said(values[0]), _said(values[1])


def _options(section: Section) -> NetOptions | LayerOptions:
    if section.kind not in SECTIONS:
        return net_options(section, Findings())
    return options_from(section, SECTIONS[section.kind], Findings())


def _is_refused(name: str, options: NetOptions | LayerOptions) -> bool:
    if isinstance(options, NetOptions):
        return name in _OF_THE_OPTIMIZER
    if options.head is not None:
        return name in _WHAT_A_HEAD_MEANS
    return name not in _HOW_IT_TRAINS


def _said(value: Any) -> str:
    if dataclasses.is_dataclass(value):
        return "another one"
    if isinstance(value, tuple):
        return ",".join(_said(each) for each in value)
    if isinstance(value, bool):
        return str(int(value))
    return f"{value:g}" if isinstance(value, float) else str(value)
