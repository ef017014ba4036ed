"""[fpn]: the feature pyramid of RetinaNet and its like, written out as the layers it stands for.

What coarse features know is carried down to the fine ones, so that small things are told apart as
well: a 1x1 convolution for each layer of from=, the sums of each with the enlarged coarser one,
and a 3x3 convolution on each sum. It stands for many layers, which layer numbers count and
`darkpy net` shows. The last of them are the levels: -1 is the coarsest, -2 the next finer one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

from darkpy.cfg.options import key
from darkpy.cfg.reader import Entry, Section
from darkpy.sections.activation import ACTIVATION_NAMES
from darkpy.sections.base import SECTIONS, LayerOptions, Place, Plan

EXTRA = ("", "p6c5", "p6p5", "p6c5,p7", "p6p5,p7")
_PASSED_ON = {field.name for field in fields(LayerOptions) if field.metadata}
_LEAST = 2  # layers; with one there is nothing to carry down


@SECTIONS("fpn")
@dataclass(frozen=True)
class Fpn(LayerOptions):
    """Keys of [fpn], darkpy's own; what every layer knows goes to each of its layers."""

    from_: tuple[int, ...] = key(
        (),
        "the layers that the levels are made of, the coarsest first, each of twice the width and "
        "height of the one before; negative counts back from here",
    )
    filters: int = key(256, "channels of every level", minimum=1)
    extra: str = key(
        "",
        "coarser levels beside those of from=: p6c5 halves the coarsest layer of from= by a "
        "convolution, p6p5 the coarsest level; p7 halves that once more",
        choices=EXTRA,
        note="p6c5,p7 is RetinaNet's; in torchvision p6p5,p7 is its weights version 1.",
    )
    batch_normalize: int = key(0, "1: batch norm in every convolution of it", minimum=0, maximum=1)
    activation: str = key(
        "linear", "the function on what every 3x3 convolution gives", choices=ACTIVATION_NAMES
    )

    def plan(self, place: Place) -> Plan:
        """What is wrong, where it cannot be written out."""
        if len(self.from_) < _LEAST:
            place.error("from", f"needs from=, at least {_LEAST} layers, the coarsest first")
        for reference in self.from_:
            place.source("from", reference)
        return place.plan(self, place.input)

    def spelled_out(self, section: Section, index: int) -> list[Section] | None:
        """The sections in place of the one at `index`; None if from= names what is not there."""
        sources = [index + ref if ref < 0 else ref for ref in self.from_]
        if len(sources) < _LEAST or not all(0 <= source < index for source in sources):
            return None
        return list(_Writer(self, section, index).pyramid(sources))


class _Writer:
    """Writes sections with the line numbers of [fpn], and keeps count of the layers."""

    def __init__(self, options: Fpn, section: Section, index: int) -> None:
        self.options, self.section, self.index = options, section, index
        own = section.entries.items()
        self.passed_on = {name: entry for name, entry in own if name in _PASSED_ON}
        self.levels: list[int] = []

    def pyramid(self, sources: list[int]) -> Iterator[Section]:
        """From the coarsest level to the finest, the extra ones, then a [route] for each."""
        carried = None
        for source in sources:
            yield self._route(source)
            yield self._convolution(size=1, activation="linear")
            if carried is not None:
                beside = self.index - 1
                yield self._route(carried)
                yield self._section("upsample", stride=2)
                yield self._section("shortcut", **{"from": beside}, activation="linear")
            carried = self.index - 1
            yield self._level()
        yield from self._extra(sources[0])
        known = len(sources)
        for level in (*reversed(self.levels[:known]), *self.levels[known:]):
            yield self._route(level)

    def _extra(self, coarsest: int) -> Iterator[Section]:
        six, _, seven = self.options.extra.partition(",")
        if six:
            yield self._route(coarsest if six == "p6c5" else self.levels[0])
            yield self._level(stride=2)
        if seven:
            yield self._section("activation", activation="relu")
            yield self._level(stride=2)

    def _level(self, stride: int = 1) -> Section:
        self.levels.append(self.index)
        return self._convolution(size=3, stride=stride, activation=self.options.activation)

    def _route(self, layer: int) -> Section:
        return self._section("route", layers=layer)

    def _convolution(self, **keys: object) -> Section:
        norm, filters = self.options.batch_normalize, self.options.filters
        return self._section("convolutional", batch_normalize=norm, filters=filters, pad=1, **keys)

    def _section(self, kind: str, **keys: object) -> Section:
        self.index += 1
        line = self.section.line
        entries = {name: Entry(name, str(value), line) for name, value in keys.items()}
        return Section(kind, self.section.source, line, entries | self.passed_on)
