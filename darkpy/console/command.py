"""What a command is: its words, the module that runs it, what it is given, its flags."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from darkpy.flags.declared import Flag


@dataclass(frozen=True)
class Argument:
    """A word that a command is given. many: any number of them; number: a whole one."""

    name: str
    meaning: str
    optional: bool = False
    many: bool = False
    number: bool = False

    @property
    def shown(self) -> str:
        """<cfg>, [weights] or [input...]."""
        if self.many:
            return f"[{self.name}...]"
        return f"[{self.name}]" if self.optional else f"<{self.name}>"


@dataclass(frozen=True)
class Command:
    """One verb: its module's `run(arguments, **flags)` yields lines and records for the screen.

    options: the class in `darkpy.flags` that declares its flags, by name: only the command that
    is called needs them, and declaring all takes longer than an overview of the commands.
    only_prints: nothing of it lasts but what it prints, so that it ends when nobody reads that.
    """

    module: str
    summary: str
    arguments: tuple[Argument, ...]
    options: str = "verbs.NoFlags"
    only_prints: bool = False

    @property
    def flags(self) -> Mapping[str, Flag]:
        """Its flags by name, in the order of its help."""
        from darkpy.flags.declared import flags_of

        module, _, name = self.options.partition(".")
        return flags_of(getattr(importlib.import_module(f"darkpy.flags.{module}"), name))
