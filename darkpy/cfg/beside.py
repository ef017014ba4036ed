"""Small files that a cfg names: class maps (map=) and class trees (tree=)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from darkpy.cfg.text import read_lines
from darkpy.errors import CfgError


def named_file(name: str, source: str | Path) -> Path:
    """The file that a cfg at `source` calls `name`: from the working directory, else beside it."""
    path = Path(os.path.expanduser(name.replace("\\", "/")))
    neighbour = Path(source).parent / path
    return neighbour if os.path.exists(neighbour) and not os.path.exists(path) else path


def read_map(path: str | Path, classes: int) -> tuple[int, ...]:
    """New class numbers, a line each, in the order of the old ones; read_map(), src/utils.c.

    CfgError where a line is no number of one of `classes` classes.
    """
    numbers = []
    for line, text in _filled_lines(path, "the class map"):
        if not text.isdecimal() or int(text) >= classes:
            message = f"'{text}' is no class number; classes={classes} allows 0 to {classes - 1}"
            raise CfgError.at(path, line, message)
        numbers.append(int(text))
    if not numbers:
        raise CfgError.at(path, None, "the class map is empty; it needs a number a line")
    return tuple(numbers)


@dataclass(frozen=True)
class Tree:
    """A hierarchy of classes: names, and the parent of each, -1 for those at the top.

    Classes of one parent follow each other; they form a group and exclude each other.
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]

    @cached_property
    def groups(self) -> tuple[int, ...]:
        """The group of each class."""
        groups, last = [], 0
        for number, parent in enumerate(self.parents):
            last += bool(number) and parent != self.parents[number - 1]
            groups.append(last)
        return tuple(groups)

    @cached_property
    def group_sizes(self) -> tuple[int, ...]:
        sizes = [0] * (self.groups[-1] + 1)
        for group in self.groups:
            sizes[group] += 1
        return tuple(sizes)

    @cached_property
    def depth(self) -> int:
        """Classes on the longest way from the top to a leaf."""
        levels: list[int] = []
        for parent in self.parents:
            levels.append(levels[parent] + 1 if parent >= 0 else 1)
        return max(levels)


def read_tree(path: str | Path) -> Tree:
    """Lines `name parent`, a parent before its children; read_tree(), src/tree.c.

    CfgError where a parent is missing, comes later or has its children in two places.
    """
    names: list[str] = []
    parents: list[int] = []
    for line, text in _filled_lines(path, "the class tree"):
        name, *rest = text.split()
        if len(rest) != 1 or not rest[0].removeprefix("-").isdecimal():
            raise CfgError.at(path, line, f"'{text}' is not a name and its parent's number")
        parent = int(rest[0])
        if not -1 <= parent < len(names):
            right = f"-1 or 0 to {len(names) - 1}" if names else "-1: it is the first"
            raise CfgError.at(path, line, f"parent {parent} is no earlier line; it can be {right}")
        if parents and parent != parents[-1] and parent in parents:
            message = f"children of parent {parent} are in two places; they must follow each other"
            raise CfgError.at(path, line, message)
        names.append(name)
        parents.append(parent)
    if not names:
        raise CfgError.at(path, None, "the class tree is empty; it needs `name parent` lines")
    return Tree(tuple(names), tuple(parents))


def _filled_lines(path: str | Path, what: str) -> list[tuple[int, str]]:
    lines = read_lines(path, CfgError, what)
    return [(number, line.strip()) for number, line in enumerate(lines, 1) if line.strip()]
