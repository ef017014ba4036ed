"""The part of YAML that data.yaml files of other trainers use, read strictly.

Keys at the margin with a word, a [list], a {mapping}, or lines below of `- word` or `key: word`.
What is written otherwise is refused with its line when it is asked for, and not looked at before.
"""

from __future__ import annotations

import re
from pathlib import Path

from darkpy.cfg.text import read_lines
from darkpy.errors import DataError

_KEY = re.compile(r"""("[^"]*"|'[^']*'|[^\s#:'"\[\]{},][^:#]*?)\s*:(?:\s+(.*))?$""")
_COMMENT = re.compile(r"(^|\s)#.*$")
_WORD = re.compile(
    r"""\s*("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s,\[\]{}:'"](?:[^,\[\]{}:]|:(?=\S))*)\s*"""
)
_ESCAPES = {"\\n": "\n", "\\t": "\t", '\\"': '"', "\\\\": "\\", "\\/": "/"}
_UNREAD = ("&", "*", "!", "|", ">", "%", "@", "`")
_PAIRS = {"[": "]", "{": "}"}

YAML_FILES = ("data.yaml", "data.yml", "dataset.yaml", "dataset.yml")

Value = str | list[str] | dict[str, str]


class YamlText:
    """The keys at the margin of a YAML file."""

    def __init__(self, path: Path, lines: list[str]) -> None:
        self.path = path
        self._blocks: dict[str, list[tuple[int, str]]] = {}
        block: list[tuple[int, str]] = []
        for number, raw in enumerate(lines, start=1):
            line = raw.lstrip("\ufeff").rstrip()
            if not line or line.lstrip()[0] == "#" or line in ("---", "..."):
                continue
            found = None if line[0] in " \t-]}," or _open(block) else _KEY.match(line)
            if found:
                block = self._blocks.setdefault(_word(found[1]), [])
                block.append((number, found[2] or ""))
            else:
                block.append((number, line))

    def __contains__(self, key: str) -> bool:
        return key in self._blocks

    def line_of(self, key: str) -> int:
        """The line of a key that there is."""
        return self._blocks[key][0][0]

    def value(self, key: str) -> Value:
        """What a key has: a word, a list of words or words by words; '' if it is not there.

        DataError where it is written in another way.
        """
        if key not in self._blocks:
            return ""
        (line, first), *below = self._blocks[key]
        first = _bare(first)
        if first[:1] in _PAIRS:
            whole = " ".join([first, *(_bare(text).strip() for _, text in below)])
            return self._flow(whole.strip(), line)
        if first:
            if below or first[0] in _UNREAD:
                raise self._unread(line, first)
            return _word(first)
        return self._lines(below)

    def words(self, key: str) -> list[str]:
        """The same where one word or a list of them is meant."""
        value = self.value(key)
        if isinstance(value, dict):
            raise self._unread(self.line_of(key), f"{key}: with keys below")
        return [value] if isinstance(value, str) and value else list(value)

    def _lines(self, below: list[tuple[int, str]]) -> Value:
        items: list[str] = []
        pairs: dict[str, str] = {}
        for line, raw in below:
            text = _bare(raw).strip()
            item = text.removeprefix("- ") if text.startswith("- ") else ""
            found = None if item else _KEY.match(text)
            word = item or (found[2] if found else "") or ""
            if not word or word[0] in (*_UNREAD, *_PAIRS) or (item and _KEY.match(item)):
                raise self._unread(line, text)
            if found:
                pairs[_word(found[1])] = _word(word)
            else:
                items.append(_word(word))
        if items and pairs:
            raise self._unread(below[0][0], "list and keys in one")
        return pairs or items

    def _flow(self, text: str, line: int) -> Value:
        inner = text[1:-1].rstrip().removesuffix(",")
        if text[-1:] != _PAIRS[text[0]]:
            raise self._unread(line, text)
        items: list[str] = []
        pairs: dict[str, str] = {}
        at = 0
        while at < len(inner):
            word = _WORD.match(inner, at)
            if not word or word[1][0] in _UNREAD:
                raise self._unread(line, inner[at:])
            at = word.end()
            if text[0] == "{":
                value = _WORD.match(inner, at + 1) if inner[at : at + 1] == ":" else None
                if not value:
                    raise self._unread(line, inner[word.start() :])
                pairs[_word(word[1])], at = _word(value[1]), value.end()
            else:
                items.append(_word(word[1]))
            if at < len(inner) and inner[at] != ",":
                raise self._unread(line, inner[at:])
            at += 1
        return pairs if text[0] == "{" else items

    def _unread(self, line: int, text: str) -> DataError:
        message = f"'{text.strip()[:40]}' is not understood: a word, a list or `number: name` is"
        return DataError.at(self.path, line, message)


def read_yaml(path: str | Path) -> YamlText:
    """Read a YAML file. DataError if it cannot be opened or is no text."""
    return YamlText(Path(path), read_lines(path, DataError, "the YAML file"))


def yaml_names(text: YamlText) -> tuple[str, ...]:
    """The class names of names:, a list or `number: name`. DataError if a number is missing."""
    value = text.value("names")
    if isinstance(value, str):
        line = text.line_of("names") if "names" in text else None
        raise DataError.at(text.path, line, "has no names: as a list or `number: name`")
    if isinstance(value, list):
        return tuple(value)
    for number in range(len(value)):
        if str(number) not in value:
            message = f"names: has {len(value)} names, but none of number {number}"
            raise DataError.at(text.path, text.line_of("names"), message)
    return tuple(value[str(number)] for number in range(len(value)))


def _open(block: list[tuple[int, str]]) -> bool:
    """Whether a bracket that the block began with is still open."""
    if not block or block[0][1].lstrip()[:1] not in _PAIRS:
        return False
    whole = "".join(_bare(text) for _, text in block)
    return whole.rstrip()[-1:] != _PAIRS[whole.lstrip()[0]]


def _bare(text: str) -> str:
    """Without a comment, unless quotes are about: there a # may be a letter."""
    if "'" in text or '"' in text:
        head, quote, tail = text.rpartition(max("'\"", key=text.rfind))
        return head + quote + _COMMENT.sub("", tail)
    return _COMMENT.sub("", text).rstrip()


def _word(text: str) -> str:
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text[1:-1].replace("''", "'")
    if len(text) > 1 and text[0] == text[-1] == '"':
        return re.sub(r"\\.", lambda found: _ESCAPES.get(found[0], found[0]), text[1:-1])
    return text
