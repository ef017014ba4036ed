"""XML read with care: a small tree that knows its lines; what could blow up is refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from darkpy.errors import DataError, place


class MarkupError(DataError):
    """An XML file that is no use; line: where, or None. reason: what is wrong with it."""

    def __init__(self, path: str | Path, line: int | None, reason: str) -> None:
        super().__init__(f"{place(path, line)}: {reason}")
        self.line, self.reason = line, reason


@dataclass
class Node:
    """An element: tag, attributes, the line it begins on, its own text, the elements inside."""

    tag: str
    attributes: dict[str, str]
    line: int
    text: str = ""
    children: list[Node] = field(default_factory=list)

    def all(self, tag: str) -> list[Node]:
        """The elements directly inside that have this tag."""
        return [child for child in self.children if child.tag == tag]

    def first(self, tag: str) -> Node | None:
        """The first of them, or None."""
        return next((child for child in self.children if child.tag == tag), None)

    def word(self, tag: str) -> str:
        """The text of the first of them without blanks around it; empty if there is none."""
        child = self.first(tag)
        return child.text.strip() if child else ""


def read_xml(path: str | Path) -> Node:
    """The root element of a file.

    MarkupError where it cannot be read, is no XML, or declares a document type or entities: those
    could make a small file fill the memory, and no annotation needs them.
    """
    try:
        raw = Path(path).read_bytes()
    except OSError as problem:
        raise MarkupError(path, None, f"cannot be read: {problem.strerror}") from None
    builder = _Builder(path)
    try:
        builder.parser.Parse(raw.lstrip(), True)
    except (expat.ExpatError, ValueError, LookupError) as problem:
        line = getattr(problem, "lineno", None)
        raise MarkupError(path, line, f"is no proper XML: {problem}") from None
    return builder.root


class _Builder:
    """Builds nodes from what expat reports."""

    def __init__(self, path: str | Path) -> None:
        self.path = path
        self.top = Node("", {}, 0)
        self.open = [self.top]
        self.parser = parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._refuse
        parser.EntityDeclHandler = self._refuse

    @property
    def root(self) -> Node:
        return self.top.children[0]

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        node = Node(tag, attributes, self.parser.CurrentLineNumber)
        self.open[-1].children.append(node)
        self.open.append(node)

    def _end(self, _tag: str) -> None:
        self.open.pop()

    def _text(self, text: str) -> None:
        self.open[-1].text += text

    def _refuse(self, *_: object) -> None:
        message = "declares a document type or entities, which is refused; take the lines out"
        raise MarkupError(self.path, self.parser.CurrentLineNumber, message)
