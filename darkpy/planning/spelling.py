"""Sections that stand for several layers, written out before anything is planned."""

from __future__ import annotations

from collections.abc import Sequence

from darkpy.cfg.options import options_from
from darkpy.cfg.reader import Section
from darkpy.errors import Findings
from darkpy.sections.base import SECTIONS
from darkpy.sections.fpn import Fpn


def spelled_out(sections: Sequence[Section], findings: Findings) -> list[Section]:
    """All sections, those that stand for several as these.

    One that cannot be written out stays as it is, and its plan says why.
    """
    written: list[Section] = []
    for section in sections:
        if SECTIONS.get(section.kind) is not Fpn:
            written.append(section)
            continue
        found = Findings()
        options = options_from(section, Fpn, found)
        parts = None if found.errors else options.spelled_out(section, len(written))
        if parts is None:
            written.append(section)
            continue
        findings.extend(found)
        written.extend(parts)
    return written
