"""From sections to plans: the whole network understood, or every mistake in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import darkpy.sections  # noqa: F401 - it knows the kinds of sections
from darkpy.cfg.net import NetOptions
from darkpy.cfg.net_section import net_options
from darkpy.cfg.options import options_from
from darkpy.cfg.reader import CfgText, Section, read_cfg
from darkpy.errors import CfgError, Findings, Fix
from darkpy.planning.freezing import last_ones
from darkpy.planning.groups import grouped
from darkpy.planning.header import HEADER_BYTES
from darkpy.planning.heads import PictureKeys, anchored, detecting, heads
from darkpy.planning.spelling import spelled_out
from darkpy.registry import surely_meant
from darkpy.sections.base import FLOAT_BYTES, SECTIONS, LayerOptions, Place, Plan, Shape

NET_NAMES = ("net", "network")
_LARGEST_OUTPUT = 2**31 - 1
# A [net] without the size of its input is an error; its layers are checked with this one, which is
# so divisible that no layer seems wrong for it.
_STAND_IN = Shape(3, 1024, 1024)


@dataclass(frozen=True)
class NetworkPlan:
    """A cfg that was understood. `findings` still holds its warnings and notes."""

    source: str
    net: NetOptions
    layers: tuple[Plan, ...]
    findings: Findings

    @property
    def input(self) -> Shape:
        return _input_shape(self.net)

    @property
    def bflops(self) -> float:
        return sum(plan.bflops for plan in self.layers)

    @property
    def weights_bytes(self) -> int:
        """Size of the weights file that fits."""
        return HEADER_BYTES + FLOAT_BYTES * sum(plan.weights for plan in self.layers)

    def stopped(self, iteration: int) -> int:
        """How many layers, from the first on, are frozen in this iteration: stopbackward=."""
        return max((p.index + 1 for p in self.layers if p.options.stops(iteration)), default=0)

    def frozen(self, iteration: int) -> list[bool]:
        """Of each layer whether it keeps its values and statistics: stopbackward=, freeze=."""
        stopped = self.stopped(iteration)
        return [index < stopped or index in self.frozen_always for index in range(len(self.layers))]

    @cached_property
    def frozen_always(self) -> frozenset[int]:
        """The layers that freeze= of [net] keeps from learning at all."""
        if self.net.freeze == "none":
            return frozenset()
        return frozenset(range(len(self.layers))) - last_ones(self.layers, self.wanted)

    @property
    def wanted(self) -> tuple[int, ...]:
        """The layers whose outputs a forward pass gives: the heads, or else the last one."""
        return tuple(plan.index for plan in self.heads) or (len(self.layers) - 1,)

    @property
    def heads(self) -> list[Plan]:
        """The layers that something is trained towards."""
        return heads(self.layers)

    @property
    def detecting(self) -> list[Plan]:
        """The heads that offer boxes."""
        return detecting(self.layers)

    @property
    def anchored(self) -> list[Plan]:
        """The heads with anchors=."""
        return anchored(self.layers)

    @property
    def classes(self) -> int:
        """Classes of the last head that detects, which are the ones that count; 0 without one."""
        found = self.detecting
        return found[-1].options.classes if found else 0

    @property
    def picture_keys(self) -> PictureKeys:
        """How pictures are made for a training of this network."""
        return PictureKeys.of(self.layers)

    def moving(self, iteration: int) -> list[bool]:
        """Whether the optimizer moves each layer in an iteration, counted from 1."""
        frozen, spread = self.frozen(iteration), self._only_statistics
        return [
            index >= spread
            and not frozen[index]
            and not plan.options.onlyforward
            and plan.options.updates(iteration, self.net.burn_in)
            for index, plan in enumerate(self.layers)
        ]

    @property
    def _only_statistics(self) -> int:
        """How many layers, from the first on, train nothing but their batch norm's statistics.

        train_only_bn= counts for all layers before it too: set_train_only_bn(), src/parser.c.
        """
        return max((p.index + 1 for p in self.layers if p.options.train_only_bn), default=0)

    def of_kind(self, *kinds: str) -> list[Plan]:
        """The layers of the given kinds, in order."""
        wanted = {SECTIONS[kind] for kind in kinds}
        return [plan for plan in self.layers if type(plan.options) in wanted]


def read_network(path: str | Path) -> NetworkPlan:
    """Read and plan a cfg file. CfgError with all mistakes if it cannot be built.

    Mistakes that only a training minds are left in the result's `findings`.
    """
    plan = plan_network(read_cfg(path))
    plan.findings.raise_errors(CfgError, training=False)
    return plan


def plan_network(text: CfgText) -> NetworkPlan:
    """Plan all sections; mistakes are left in the result's `findings`."""
    findings = text.findings
    if not text.sections:
        return NetworkPlan(text.source, NetOptions(), (), findings)
    net, *rest = text.sections
    if net.kind not in NET_NAMES:
        findings.error(net.source, net.line, f"[{net.kind}] comes first, [net] must")
    if net.kind in SECTIONS:
        layers = plan_layers(text.sections, NetOptions(), findings)  # for an input made up
        return NetworkPlan(text.source, NetOptions(), layers, findings)
    options = net_options(net, findings)
    if not rest:
        findings.error(net.source, net.line, "[net] is not followed by any layer")
    return NetworkPlan(text.source, options, plan_layers(rest, options, findings), findings)


def _input_shape(net: NetOptions) -> Shape:
    if net.width and net.height and net.channels:
        return Shape(net.channels, net.height, net.width)
    if net.inputs:
        return Shape(net.inputs, 1, 1)
    return _STAND_IN


def plan_layers(
    sections: Sequence[Section], net: NetOptions, findings: Findings
) -> tuple[Plan, ...]:
    """Plan sections for the input of `net` until one whose output cannot be known.

    The keys of those after it are still checked.
    """
    sections = spelled_out(sections, findings)
    plans: list[Plan] = []
    shape = _input_shape(net)
    every = grouped(sections, findings)
    for index, (section, members) in enumerate(every):
        errors_before = len(findings.errors)
        options = _layer_options(section, findings)
        if options is None:
            break
        plan = options.plan(Place(index, section, net, plans, shape, findings, members))
        if plan.out.size > _LARGEST_OUTPUT:
            message = f"[{section.kind}] gives {plan.out.size} values a picture: too many"
            findings.error(section.source, section.line, message)
        if len(findings.errors) > errors_before and min(plan.out) < 1:
            break
        plans.append(plan)
        shape = plan.out
    for section, _ in every[len(plans) + 1 :]:
        _layer_options(section, findings)
    return tuple(plans)


def _layer_options(section: Section, findings: Findings) -> LayerOptions | None:
    if section.kind in SECTIONS:
        return options_from(section, SECTIONS[section.kind], findings)
    if section.kind in NET_NAMES:
        message = f"a second [{section.kind}]: only the first section is one"
        findings.error(section.source, section.line, message)
        return None
    right = surely_meant(section.kind, SECTIONS)
    fix = Fix(section.line, f"[{right}]", alone=True) if right else None
    findings.error(section.source, section.line, SECTIONS.miss(section.kind), fix)
    return None
