"""A cfg file as sections of text, by the rules of read_cfg() in Darknet's src/parser.c.

Blank lines and lines that begin with `#` or `;` are comments, an inline `#` ends the value, blanks
inside a line do not count, and of a repeated key the first one wins.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from darkpy.cfg.foreign import has_section, syntax_of, why_no_cfg
from darkpy.cfg.text import read_lines
from darkpy.errors import CfgError, Findings, Fix, clipped

_NUMBERS = re.compile(r"[-+.,\d]+")
_BLANKS = re.compile(r"[\s\x00\ufeff\u200b]+")


@dataclass(frozen=True)
class Entry:
    """One `key=value` line. comment: what an inline # begins, with it."""

    key: str
    text: str
    line: int
    comment: str = ""


@dataclass
class Section:
    """`[kind]` and the keys below it, as text."""

    kind: str
    source: str
    line: int
    entries: dict[str, Entry] = field(default_factory=dict)

    def line_of(self, key: str) -> int:
        """Where `key` stands, or the section's own line if it does not."""
        return self.entries[key].line if key in self.entries else self.line

    def fix(self, key: str, value: object, *, alone: bool = False) -> Fix:
        """`key=value` in place of the key's line, or as a new line below the section's name."""
        line, below = self.line_of(key), key not in self.entries
        return Fix(line, f"{key}={value}", below=below, alone=alone)


@dataclass(frozen=True)
class CfgText:
    """A whole cfg file: its sections in order, and what was odd about the text."""

    source: str
    sections: tuple[Section, ...]
    findings: Findings


def read_cfg(path: str | Path) -> CfgText:
    """Read a cfg file; odd lines become findings.

    CfgError if it cannot be opened or is a file of another kind.
    """
    reason = why_no_cfg(path)
    if reason:
        raise CfgError.at(path, None, reason)
    return parse_cfg(read_lines(path, CfgError, "the cfg file"), str(path))


def parse_cfg(lines: list[str], source: str) -> CfgText:
    """Lines of a cfg -> sections; `source` is the file name that findings mention."""
    findings = Findings()
    sections: list[Section] = []
    whole = "\n".join(lines)
    if not has_section(whole):
        findings.error(source, None, f"{syntax_of(whole)}; a cfg begins with [net]")
        return CfgText(source, (), findings)
    for number, raw in enumerate(lines, start=1):
        text = _BLANKS.sub("", raw)
        if not text or text[0] in "#;":
            continue
        text, mark, remark = text.partition("#")
        if text[0] == "[":
            kind = _section_kind(text, source, number, findings)
            if mark:
                _warn_of_comment(kind, source, number, findings)
            sections.append(Section(kind, source, number))
        else:
            if not sections:
                sections.append(_lost_net(text, source, number, findings))
            _add_entry(sections[-1], text, mark + remark, number, findings)
    return CfgText(source, tuple(sections), findings)


def _section_kind(text: str, source: str, line: int, findings: Findings) -> str:
    kind, bracket, rest = text[1:].partition("]")
    kind = clipped(kind)
    if not bracket:
        findings.error(source, line, f"'{text[:40]}' lacks its closing bracket: [{kind[:40]}]")
    elif rest:
        findings.warning(source, line, f"'{rest[:40]}' after [{kind}] is not read")
    return kind


def _warn_of_comment(kind: str, source: str, line: int, findings: Findings) -> None:
    """To the C program a comment behind a section's name is part of the name."""
    findings.warning(
        source,
        line,
        f"[{kind}] with a comment behind it is no section that the C program knows; a line of its "
        "own is right for the comment",
    )


def _lost_net(text: str, source: str, line: int, findings: Findings) -> Section:
    """The section that keys before any section most likely belong to."""
    message = f"'{text[:40]}' stands before any section: did you delete [net] above it?"
    findings.error(source, line, message, Fix(line - 1, "[net]", below=True))
    return Section("net", source, line)


def _goes_on(section: Section, text: str) -> str:
    """What to do with numbers on a line of their own: anchors that were broken over several."""
    if not _NUMBERS.fullmatch(text) or not section.entries:
        return ""
    before = list(section.entries.values())[-1]
    if "," not in before.text:
        return ""
    return f": a value ends with its line, put this behind {before.key}= in line {before.line}"


def _add_entry(section: Section, text: str, comment: str, line: int, findings: Findings) -> None:
    key, equals, value = text.partition("=")
    if not equals:
        message = f"'{text[:40]}' is not key=value and is not read{_goes_on(section, text)}"
        findings.warning(section.source, line, message)
        return
    if not key:
        message = f"[{section.kind}] '{text[:40]}' has no key before the = and is not read"
        findings.warning(section.source, line, message)
        return
    first = section.entries.get(key)
    if first is not None:
        findings.warning(
            section.source,
            line,
            f"[{section.kind}] {clipped(f'{key}={value}')} is not read: line {first.line} already "
            f"says {clipped(f'{key}={first.text}')}, and the first one wins",
            Fix(line, None),
        )
        return
    section.entries[key] = Entry(key, value, line, comment)
