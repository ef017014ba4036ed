"""`detector test`: find objects in pictures, print them, draw them, list them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from darkpy.detector.darkhelp import Origin
from darkpy.detector.looking import look
from darkpy.flags.detector import TestFlags
from darkpy.session.inputs import given_or_typed
from darkpy.session.project import open_detector


def run(
    data: str,
    cfg: str,
    weights: str,
    input: list[str],
    **flags: Any,
) -> Iterator[object]:
    """Yield Darknet's lines for each picture. flags: those of TestFlags."""
    asked = TestFlags(**flags)
    paths = given_or_typed(input)
    project, detector = open_detector(data, cfg, weights, asked)
    yield from project.warnings
    letter_box = asked.letter_box or project.network.plan.net.letter_box
    origin = Origin(cfg, weights, project.data.names)
    yield from look(paths, detector, asked, letter_box=letter_box, origin=origin, typed=not input)
