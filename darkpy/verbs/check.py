"""`darkpy check`: all that is wrong or odd about a cfg, and the .data and .weights beside it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from darkpy.cfg.edits import split
from darkpy.cfg.reader import parse_cfg, read_cfg
from darkpy.cfg.text import decode_text, encoding_of
from darkpy.check.data import check_data
from darkpy.check.fixing import corrected, difference
from darkpy.check.report import counted, exit_status, in_order, report, summary
from darkpy.check.subject import Subject
from darkpy.check.table import examine
from darkpy.check.weights import check_weights
from darkpy.errors import CfgError, Findings, UsageError
from darkpy.events import Ended
from darkpy.files import replacing
from darkpy.flags.verbs import CheckFlags
from darkpy.planning.scaled import scaled_heads


def run(cfg: str, data: str = "", weights: str = "", **flags: Any) -> Iterator[object]:
    """Lines of the report, then the exit status: 0 clean, 1 warnings, 2 errors.

    flags: those of CheckFlags.
    """
    asked = CheckFlags(**flags)
    cfg, data, weights = _by_kind(cfg, data, weights)
    given = [path for path in (cfg, data, weights) if path]
    if asked.out:
        _refuse_overwriting(asked.out, given)
    subject, findings = _examined(cfg)
    if data:
        check_data(data, subject, findings)
        _check_labels(data, subject, findings)
    if weights:
        check_weights(weights, subject, findings)
    ordered = in_order(findings.items, given)
    yield from report(ordered)
    if subject is not None and subject.plan.layers and (asked.fix or asked.out):
        yield from _correct(cfg, asked.out)
    yield summary(ordered, given, subject)
    yield Ended(exit_status(ordered))


def _check_labels(data: str, subject: Subject | None, findings: Findings) -> None:
    """The anchors against some labels, of heads for which that says more than the cfg alone."""
    if subject is not None and scaled_heads(subject.plan):
        from darkpy.check.reached import check_reached  # numpy, which takes a tenth of a second

        check_reached(data, subject, findings)


def _by_kind(cfg: str, data: str, weights: str) -> tuple[str, str, str]:
    """The three files by their names, in whatever order they were given."""
    words = [word for word in (cfg, data, weights) if word]
    kinds = {word: _suffix_kind(word) for word in words}
    found = {kind: word for word, kind in reversed(kinds.items()) if kind}
    others = [word for word in words if word not in found.values()]
    for kind in ("cfg", "data", "weights"):
        if kind not in found and others:
            found[kind] = others.pop(0)
    if "cfg" not in found:
        raise UsageError(f"darkpy check: {' '.join(words)}: a .cfg file is needed")
    return found["cfg"], found.get("data", ""), found.get("weights", "")


def _suffix_kind(word: str) -> str:
    name = Path(word).name.lower()
    if name.endswith((".cfg", ".data")):
        return name.rsplit(".", 1)[1]
    return "weights" if ".weights" in name or ".conv." in name else ""


def _examined(cfg: str) -> tuple[Subject | None, Findings]:
    try:
        subject = examine(read_cfg(cfg))
    except CfgError as problem:
        findings = Findings()
        findings.error(cfg, None, str(problem).removeprefix(f"{cfg}: "))
        return None, findings
    return subject, subject.findings


def _refuse_overwriting(out: str, given: list[str]) -> None:
    for path in given:
        if os.path.exists(out) and os.path.exists(path) and os.path.samefile(out, path):
            raise UsageError(f"-out {out} is the file that is checked; name another one")


def _correct(cfg: str, out: str) -> Iterator[str]:
    """The diff of the corrected copy; writes it if `out` names a file."""
    raw = Path(cfg).read_bytes()
    old = split(decode_text(raw))
    new = corrected(old, cfg)
    if new == old:
        yield f"{cfg}: nothing to correct that has one right answer"
        return
    yield from difference(old, new, cfg, out or f"{cfg} (corrected)")
    left = counted(examine(parse_cfg([line.body for line in new], cfg)).findings.items)
    if out:
        bom, encoding = encoding_of(raw)
        with replacing(out) as file:
            file.write(bom + "".join(line.body + line.end for line in new).encode(encoding))
        yield f"{out}: the corrected copy; {left}"
    else:
        yield f"after that: {left}; -out FILE writes the corrected copy"
