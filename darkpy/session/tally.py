"""How many updates of a training were left out, and whether any came to something."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from darkpy.cfg.net import NetOptions
from darkpy.cfg.reader import parse_cfg
from darkpy.errors import place
from darkpy.planning.network import NetworkPlan
from darkpy.training.checkpoint import numbers_within
from darkpy.training.record import Step

_WHY = "because loss or gradients were not finite"
_NO_WEIGHTS = "no final weights were written"
_USUAL_RATE = 0.001


@dataclass
class Tally:
    """Counts of a training since iteration `began`, through all of its parts.

    troubles: updates left out because something was not finite, overflows: because float16 could
    not hold it. good: updates in the weights that the next iteration did not prove wrong by being
    a trouble. unproved: whether an update waits for the next iteration.
    """

    began: int
    done: int = 0
    troubles: int = 0
    overflows: int = 0
    good: int = 0
    unproved: bool = False

    @classmethod
    def of(cls, facts: Any, iteration: int) -> Tally:
        """What a state tells after an iteration; one that begins there where it tells nothing
        (states of an older darkpy) or what cannot be."""
        names = ("began", "done", "troubles", "overflows", "good")
        if not isinstance(facts, dict) or facts.keys() != {*names, "unproved"}:
            return cls(iteration)
        counts = all(type(facts[name]) is int for name in names)
        if not counts or not numbers_within(facts, dict.fromkeys(names, (0, iteration))):
            return cls(iteration)
        return cls(**facts | {"unproved": bool(facts["unproved"])})

    def facts(self) -> dict[str, Any]:
        """What goes on from here, as JSON knows it."""
        return asdict(self)

    def count(self, step: Step) -> None:
        """Take an iteration in."""
        self.done += 1
        if step.updated:
            self.good, self.unproved = self.good + 1, True
        elif step.trouble:
            self.troubles += 1
            self.good, self.unproved = self.good - self.unproved, False
        else:
            self.overflows += 1
        if step.returned_to is not None and step.returned_to <= self.began:
            self.good = 0

    @property
    def nothing_learnt(self) -> bool:
        """Whether the weights are those it began with, or no better than no weights."""
        return not self.good and self.troubles + self.overflows > 0

    def words(self, reports: Path) -> Iterator[str]:
        """A line where updates were left out, for the end of a training that learnt."""
        if self.troubles and not self.nothing_learnt:
            yield f"{self.troubles} of {self.done} updates were left out {_WHY}: see {reports}"

    def why_nothing(self, plan: NetworkPlan, cfg_text: str, reports: Path) -> str:
        """Where, what and what would be right, where nothing was learnt."""
        if not self.troubles:
            return (
                f"{place(plan.source)}: nothing was learnt: float16 overflowed in all of its "
                f"{self.done} updates; -amp off computes in float32; {_NO_WEIGHTS}"
            )
        line = parse_cfg(cfg_text.split("\n"), plan.source).sections[0].line_of("learning_rate")
        return (
            f"{place(plan.source, line)}: nothing was learnt: {self.troubles} of {self.done} "
            f"updates were left out {_WHY}, and no other one led to numbers that are finite; "
            f"{reports} tells where it begins; {_cures(plan.net)}; {_NO_WEIGHTS}"
        )


def _cures(net: NetOptions) -> str:
    usual = f", {_USUAL_RATE:g} is usual" * (net.learning_rate > _USUAL_RATE)
    return (
        f"the usual cures are a lower learning_rate= (it is {net.learning_rate:g}{usual}) and a "
        f"longer burn_in= (it is {net.burn_in})"
    )
