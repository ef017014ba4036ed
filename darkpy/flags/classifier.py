"""The flags of `darkpy classifier`'s verbs."""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.flags.declared import flag
from darkpy.flags.shared import OnDevice


@dataclass(frozen=True)
class Ranked(OnDevice):
    """How many of the likeliest classes count."""

    t: int = flag(0, "how many of the likeliest classes count; 0: top= of the data file", minimum=0)


@dataclass(frozen=True)
class PredictFlags(Ranked):
    """The flags of `classifier predict`."""


@dataclass(frozen=True)
class ClassifierValidFlags(Ranked):
    """The flags of `classifier valid`."""

    json: str = flag("", "JSON file: what every picture is and was taken for, shares by class")
