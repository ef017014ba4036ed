"""docs/cfg.md, docs/commands.md, and the table of README.md, as text."""

from __future__ import annotations

from pathlib import Path

from darkpy.console.command import Command
from darkpy.console.commands import COMMANDS
from darkpy.console.pages import meaning
from darkpy.errors import InputError
from darkpy.flags.declared import Flag
from darkpy.planning.topics import Topic, default_of, topics, type_of

ROOT = Path(__file__).resolve().parent.parent.parent
COMMAND = "scripts/make_docs"


def outdated() -> dict[Path, str]:
    """The files whose text differs from what the declarations say, and what they should be."""
    readme = ROOT / "README.md"
    wanted = {
        ROOT / "docs/cfg.md": cfg_page(),
        ROOT / "docs/commands.md": commands_page(),
        readme: with_tables(readme.read_text(encoding="utf-8")),
    }
    return {
        path: text
        for path, text in wanted.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    }


def cfg_page() -> str:
    """The reference of all sections and keys."""
    parts = [
        "# Every section and key of a cfg",
        f"Made by `{COMMAND}` from the declarations that parse a cfg; do not edit. "
        "`darkpy explain SECTION.KEY` says the same, and which cfgs of darkpy use it.",
        "A cfg is `[section]` lines with `key=value` lines below. `#` and `;` begin comments, "
        "blanks inside a line do not count, and of a repeated key the first one wins. A key that "
        "is left out has its default; defaults are Darknet's.",
        sections_table(),
        *(_section(topic) for topic in topics()),
    ]
    return "\n\n".join(parts) + "\n"


def commands_page() -> str:
    """The reference of all commands and their flags."""
    parts = [
        "# Every command and flag",
        f"Made by `{COMMAND}` from the commands themselves; do not edit. `darkpy COMMAND --help` "
        "says the same. Flags may stand anywhere, with one dash or two, with `_` or `-`.",
        commands_table(),
        *(_command(" ".join(words), command) for words, command in COMMANDS.items()),
    ]
    return "\n\n".join(parts) + "\n"


def sections_table() -> str:
    """A row a section: its names and what it is."""
    rows = ["| section | what it is |", "|---|---|"]
    for topic in topics():
        names = topic.title
        if topic.aliases and topic.title.startswith("["):
            names += "".join(f" [{name}]" for name in topic.aliases)
        linked = f"[`{names}`](#{_anchor(topic)})"
        rows.append(f"| {linked} | {_cell(topic.summary)} |")
    return "\n".join(rows)


def commands_summary() -> str:
    """A row a command: what it does, with a link to its flags."""
    rows = ["| command | what it does |", "|---|---|"]
    for words, command in COMMANDS.items():
        linked = f"[`{' '.join(words)}`](docs/commands.md#{'-'.join(words).lower()})"
        rows.append(f"| {linked} | {_cell(command.summary)} |")
    return "\n".join(rows)


def commands_table() -> str:
    """A row a command: what it is given, what it does, its flags with their defaults."""
    rows = ["| command | what it does | flags |", "|---|---|---|"]
    for words, command in COMMANDS.items():
        called = " ".join([*words, *(argument.shown for argument in command.arguments)])
        shown = " ".join(map(_flag, command.flags.values()))
        cells = (f"`{called}`", _cell(command.summary), f"`{shown}`" if shown else "")
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def _command(words: str, command: Command) -> str:
    lines = [f"## {words}", "", command.summary]
    flags = command.flags.values()
    groups = {
        "argument": [(argument.shown, argument.meaning) for argument in command.arguments],
        "flag": [(_flag(flag), meaning(flag)) for flag in flags if not flag.rare],
        "flag that few need": [(_flag(flag), meaning(flag)) for flag in flags if flag.rare],
    }
    for title, rows in groups.items():
        if rows:
            lines += ["", f"| {title} | meaning |", "|---|---|"]
            lines += [f"| `{shown}` | {_cell(text)} |" for shown, text in rows]
    return "\n".join(lines)


TABLES = {"summary": commands_summary}


def with_tables(text: str) -> str:
    """Text with what stands between the marks of each table replaced by the table.

    InputError if a mark has no end.
    """
    for name, table in TABLES.items():
        begin, end = (f"<!-- {word} {name}: {COMMAND} -->" for word in ("begin", "end"))
        before, found, rest = text.partition(begin)
        if not found:
            continue
        _, ended, after = rest.partition(end)
        if not ended:
            raise InputError(f"'{begin}' is not followed by '{end}'")
        text = f"{before}{begin}\n{table()}\n{end}{after}"
    return text


def _section(topic: Topic) -> str:
    lines = [f"## {topic.title}", "", _sentence(topic.summary)]
    if topic.details:
        lines += ["", _sentence(topic.details)]
    if topic.aliases and topic.title.startswith("["):
        lines += ["", f"Also written {', '.join(f'`[{name}]`' for name in topic.aliases)}."]
    if topic.keys:
        lines += ["", "| key | value | default | meaning |", "|---|---|---|---|"]
    for name, key in topic.keys.items():
        meaning = f"{_cell(key.explanation)}."
        if key.inert:
            meaning += f" *No effect in darkpy: {_cell(key.inert)}.*"
        if key.note:
            meaning += f" **Note:** {_cell(key.note)}"
        default = default_of(key)
        row = (f"`{name}`", type_of(key), f"`{default}`" if default else "", meaning)
        lines.append(f"| {' | '.join(row)} |")
    if topic.shared:
        lines += ["", f"{'And the' if topic.keys else 'The'} keys of [any layer](#any-layer)."]
    return "\n".join(lines)


def _anchor(topic: Topic) -> str:
    """How GitHub names the heading."""
    return topic.title.strip("[].").lower().replace(" ", "-")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _cell(text: str) -> str:
    """Text for a cell of a table."""
    return text.replace("|", "\\|").replace("*", "\\*")


def _flag(flag: Flag) -> str:
    """How a flag is typed, with its default where it has one."""
    return f"-{flag.name}" if flag.is_switch else f"-{flag.name} {flag.default_shown or 'X'}"
