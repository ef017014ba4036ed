"""`darkpy doctor`: look at everything a training needs, change nothing, and say GO or NO-GO."""

from __future__ import annotations

import json as json_text
from collections.abc import Iterator
from typing import Any

from darkpy.doctor.examination import Questions, diagnose
from darkpy.doctor.report import Chapter, Verdict, report_data
from darkpy.events import Ended
from darkpy.files import write_text
from darkpy.flags.verbs import DoctorFlags
from darkpy.machine.device import pick_device
from darkpy.machine.process import prepare_process

GO, GO_WITH_WARNINGS, NO_GO = 0, 1, 2  # exit status; 1 only with -strict


def run(data: str, cfg: str, weights: str = "", **flags: Any) -> Iterator[object]:
    """Yield the chapters as text and the verdict as the last line; with json="-" only the data.

    flags: those of DoctorFlags.
    """
    asked = DoctorFlags(**flags)
    prepare_process()
    device = pick_device(asked.i, asked.nogpu)
    chapters: list[Chapter] = []
    for event in diagnose(Questions(data, cfg, weights, asked.quick, asked.threads, device)):
        if not isinstance(event, Chapter):
            yield event
            continue
        chapters.append(event)
        if asked.json != "-":
            yield event.text(complete=asked.all)
    verdict = Verdict.of(chapters)
    yield from _ending(chapters, verdict, asked.json)
    yield Ended(_status(verdict, asked.strict))


def _ending(chapters: list[Chapter], verdict: Verdict, json: str) -> Iterator[str]:
    text = json_text.dumps(report_data(chapters, verdict), indent=1)
    if json == "-":
        yield text
        return
    if json:
        write_text(json, text + "\n")
    yield f"\n{verdict.line}"


def _status(verdict: Verdict, strict: bool) -> int:
    if not verdict.go:
        return NO_GO
    return GO_WITH_WARNINGS if strict and verdict.warnings else GO
