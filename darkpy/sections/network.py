"""From sections to plans: the whole network understood, or every mistake in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import darkpy.sections  # noqa: F401 - registers the section kinds
from darkpy.cfg.net import NetOptions, net_options
from darkpy.cfg.options import options_from
from darkpy.cfg.reader import CfgText, read_cfg
from darkpy.errors import CfgError, Findings
from darkpy.sections.base import FLOAT_BYTES, SECTIONS, Place, Plan, Shape

NET_NAMES = ("net", "network")
HEADER_BYTES = 20  # three int32 of version and a uint64 of pictures seen
_LARGEST_OUTPUT = 2**31 - 1


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
        """So many layers, from the first on, are frozen in this iteration: stopbackward=."""
        return max((p.index + 1 for p in self.layers if p.options.stops(iteration)), default=0)

    @property
    def wanted(self) -> tuple[int, ...]:
        """The layers whose outputs a forward pass gives: the heads, or else the last one."""
        heads = tuple(plan.index for plan in self.layers if plan.options.has_loss)
        return heads or (len(self.layers) - 1,)

    def of_kind(self, *kinds: str) -> list[Plan]:
        """The layers of the given kinds, in order."""
        wanted = {SECTIONS[kind] for kind in kinds}
        return [plan for plan in self.layers if type(plan.options) in wanted]


def read_network(path: str | Path) -> NetworkPlan:
    """Read and plan a cfg file. CfgError with all mistakes if it cannot be built."""
    plan = plan_network(read_cfg(path))
    plan.findings.raise_errors(CfgError)
    return plan


def plan_network(text: CfgText) -> NetworkPlan:
    """Plan all sections; mistakes are left in the result's `findings`."""
    findings = text.findings
    if not text.sections:
        return NetworkPlan(text.source, NetOptions(), (), findings)
    net, *rest = text.sections
    if net.kind not in NET_NAMES:
        findings.error(net.source, net.line, f"[{net.kind}] comes first, [net] must")
        net, rest = type(net)("net", net.source, net.line), list(text.sections)
    options = net_options(net, findings)
    if not rest:
        findings.error(net.source, net.line, "[net] is not followed by any layer")
    return NetworkPlan(text.source, options, _plan_layers(rest, options, findings), findings)


def _input_shape(net: NetOptions) -> Shape:
    if net.width and net.height and net.channels:
        return Shape(net.channels, net.height, net.width)
    return Shape(max(1, net.inputs), 1, 1)


def _plan_layers(sections, net: NetOptions, findings: Findings) -> tuple[Plan, ...]:
    plans: list[Plan] = []
    shape = _input_shape(net)
    for index, section in enumerate(sections):
        if section.kind not in SECTIONS:
            findings.error(section.source, section.line, SECTIONS.miss(section.kind))
            break  # all shapes after an unknown layer would be guesses
        errors_before = len(findings.errors)
        options = options_from(section, SECTIONS[section.kind], findings)
        plan = options.plan(Place(index, section, net, tuple(plans), shape, findings))
        if plan.out.size > _LARGEST_OUTPUT:
            message = f"[{section.kind}] gives {plan.out.size} values a picture: too many"
            findings.error(section.source, section.line, message)
        if len(findings.errors) > errors_before and min(plan.out) < 1:
            break
        plans.append(plan)
        shape = plan.out
    return tuple(plans)
