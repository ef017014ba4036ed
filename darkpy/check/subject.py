"""What the checks of a cfg look at, and where they leave their remarks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from darkpy.cfg.net import NetOptions
from darkpy.cfg.reader import CfgText, Section
from darkpy.errors import Findings
from darkpy.planning.network import NET_NAMES, NetworkPlan, plan_layers, plan_network
from darkpy.sections.base import Plan

_PROBE = 4096  # px; larger than any stride, and within the limits of every layer


@dataclass(frozen=True)
class Subject:
    """A cfg as text and as a plan. The remarks of all checks end in `findings`."""

    text: CfgText
    plan: NetworkPlan

    @classmethod
    def of(cls, text: CfgText) -> Subject:
        """Plan the text, which leaves the findings of the sections themselves."""
        return cls(text, plan_network(text))

    @property
    def findings(self) -> Findings:
        return self.text.findings

    @property
    def net(self) -> NetOptions:
        return self.plan.net

    @cached_property
    def net_section(self) -> Section:
        """[net] as text; an empty one if the file lacks it."""
        first = self.text.sections[:1]
        if first and first[0].kind in NET_NAMES:
            return first[0]
        return Section("net", self.text.source, 1)

    @cached_property
    def whole(self) -> bool:
        """Whether every layer could be planned."""
        return bool(self.plan.layers) and len(self.plan.layers) >= len(self.text.sections) - 1

    @cached_property
    def heads(self) -> list[Plan]:
        """The layers that detect."""
        return self.plan.detecting

    @cached_property
    def values(self) -> list[Plan]:
        """The heads that are trained on whole pictures."""
        return [plan for plan in self.plan.heads if plan.options.head.truth == "values"]

    @cached_property
    def anchored(self) -> list[Plan]:
        """The heads with anchors=."""
        return self.plan.anchored

    @cached_property
    def stride(self) -> int:
        """Input pixels for each cell of the coarsest layer, 1 if that depends on the input."""
        net = replace(self.net, width=_PROBE, height=_PROBE, channels=self.net.channels or 3)
        plans = plan_layers(self.text.sections[1:], net, Findings())
        coarsest = min((plan.out.w for plan in plans if plan.out.w > 1), default=_PROBE)
        stride = round(_PROBE / coarsest)
        return stride if stride & (stride - 1) == 0 else 1

    @property
    def classes(self) -> int:
        """Classes of the last head, which are the ones that count; 0 without a head."""
        return self.plan.classes

    def before(self, plan: Plan) -> Plan | None:
        """The layer right before one."""
        return self.plan.layers[plan.index - 1] if plan.index else None

    def error(self, where: Section | Plan, key: str, message: str, right: object = None) -> None:
        """What keeps the network from its work. right: the one value that `key` should have."""
        self._say("error", where, key, message, right)

    def warning(self, where: Section | Plan, key: str, message: str, right: object = None) -> None:
        """What was probably not meant."""
        self._say("warning", where, key, message, right)

    def note(self, where: Section | Plan, key: str, message: str) -> None:
        """What is worth knowing."""
        self._say("note", where, key, message, None)

    def _say(
        self, severity: str, where: Section | Plan, key: str, message: str, right: object
    ) -> None:
        section = where.section if isinstance(where, Plan) else where
        fix = None if right is None else section.fix(key, right)
        line = section.line_of(key) if section.source else None
        self.findings.add(severity, section.source, line, f"[{section.kind}] {message}", fix)
