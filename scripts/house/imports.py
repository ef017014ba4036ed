"""The rooms of the house and who imports whom, read from the source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent.parent / "darkpy"
LEFT_OUT = {"__init__", "__main__"}


@dataclass(frozen=True)
class House:
    """rooms: the packages, and modules at the top that import some. ground: the other modules at
    the top. edges: (importer, imported) among rooms, without those that a chain of others implies.
    named: the same for modules that are loaded by name when a command asks for them.
    heavy: the rooms with a module that loads torch.
    """

    rooms: tuple[str, ...]
    ground: tuple[str, ...]
    edges: frozenset[tuple[str, str]]
    named: frozenset[tuple[str, str]]
    heavy: frozenset[str]


def read_house(package: Path = PACKAGE) -> House:
    found: dict[str, set[str]] = {}
    named = set()
    tops = _tops(package)
    for path in sorted(package.rglob("*.py")):
        room = path.relative_to(package).parts[0].removesuffix(".py")
        if room in LEFT_OUT:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = set(_imported(tree))
        found.setdefault(room, set()).update(names & tops - {room})
        named |= {(room, other) for other in _named(tree) if other != room}
    folders = {path.name for path in package.iterdir() if path.is_dir()}
    rooms = sorted(room for room, others in found.items() if room in folders or others & folders)
    among = {room: found[room] & set(rooms) for room in rooms}
    return House(
        tuple(rooms),
        tuple(sorted(set(found) - set(rooms))),
        frozenset(_needed(among)),
        frozenset((room, other) for room, other in named if other in rooms),
        frozenset(_heavy(package)),
    )


def _heavy(package: Path) -> Iterator[str]:
    """Rooms with a module that loads torch when it is imported, directly or through others."""
    loads: dict[str, set[str]] = {"torch": set()}
    for path in package.rglob("*.py"):
        parts = path.relative_to(package.parent).with_suffix("").parts
        tree = ast.parse(path.read_text(encoding="utf-8"))
        loads[".".join(parts).removesuffix(".__init__")] = set(_loaded(tree))
    known = {name: others & loads.keys() for name, others in loads.items()}
    heavy = [name for name in known if "torch" in _reached(known, name)]
    yield from (name.split(".")[1] for name in heavy if "." in name)


def _loaded(tree: ast.Module) -> Iterator[str]:
    """The modules that a module's own lines import, not those of its functions."""
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (node.module or "", *(f"{node.module}.{name.name}" for name in node.names))


def _tops(package: Path) -> set[str]:
    return {path.name.removesuffix(".py") for path in package.iterdir()}


def _imported(tree: ast.AST) -> Iterator[str]:
    """The first name below darkpy of each import from it, the first name of each other import."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            parts = [name.name.split(".") for name in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "darkpy":
            parts = [["darkpy", name.name] for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            parts = [(node.module or "").split(".")]
        else:
            continue
        yield from (part[1] if part[0] == "darkpy" and part[1:] else part[0] for part in parts)


def _named(tree: ast.AST) -> Iterator[str]:
    """Rooms of modules that stand as text: "darkpy.detector.map"."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            match = re.fullmatch(r"darkpy\.(\w+)\.\w+", node.value)
            if match:
                yield match[1]


def _reached(among: dict[str, set[str]], room: str) -> set[str]:
    """All that a room imports, directly or through others."""
    found: set[str] = set()
    todo = list(among[room])
    while todo:
        other = todo.pop()
        if other not in found:
            found.add(other)
            todo += among[other]
    return found


def _needed(among: dict[str, set[str]]) -> Iterator[tuple[str, str]]:
    """The edges that no chain of others implies."""
    for room, others in among.items():
        implied = set().union(*(_reached(among, other) for other in others))
        yield from ((room, other) for other in others - implied)
