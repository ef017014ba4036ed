"""`darkpy explain`: what a section or a key of a cfg or .data file does."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from darkpy.cfg.options import Key
from darkpy.cfg.reader import Section, read_cfg
from darkpy.cfg.shipped import shipped_cfgs
from darkpy.errors import UsageError, number_of
from darkpy.planning.topics import Topic, default_of, topics, type_of
from darkpy.registry import did_you_mean

_WIDTH = 96
_INDENT = "    "
_NAMES = 24  # columns of a list's names
_VALUES_SHOWN = 4  # different values of a key that are named for each cfg


def run(what: str = "") -> Iterator[str]:
    """Yield the explanation of `section`, `section.key`, a key or a value; without, all sections.

    UsageError for what does not exist.
    """
    word = what.strip("[] ").replace("].", ".").partition("=")[0]
    if not word:
        yield from _overview()
        return
    topic = _topic(word)
    if topic is not None:
        yield from _section(topic)
        yield from _also_a_key(word, topic)
        return
    section, dot, name = word.rpartition(".")
    yield from _key_of_section(section, name) if dot else _bare_word(word)


def _overview() -> Iterator[str]:
    yield "Sections of a cfg, and the .data file. `darkpy explain SECTION` lists the keys of one,"
    yield "`darkpy explain SECTION.KEY` or `darkpy explain KEY` says what a key does."
    yield ""
    for topic in topics():
        yield from _listed(topic.names[0], topic.summary)


def _section(topic: Topic) -> Iterator[str]:
    yield from _wrapped(f"{topic.title}: {topic.summary}", "")
    if topic.details:
        yield from _wrapped(topic.details, "")
    if topic.aliases:
        yield f"Also written {', '.join(f'[{name}]' for name in topic.aliases)}."
    yield ""
    for name, key in topic.keys.items():
        default = default_of(key)
        effect = " No effect in darkpy." if key.inert else ""
        yield from _listed(f"{name}={default}", f"{_first_clause(key.explanation)}.{effect}")
    if topic.shared:
        yield from _wrapped(
            f"{'and' if topic.keys else 'Keys:'} those of any layer: {', '.join(topic.shared)}", ""
        )
    used = _sections_in_shipped(topic)
    if used:
        counts = [f"{name} ({len(found)})" for name, found in used.items()]
        yield ""
        yield from _wrapped(f"In the cfgs of darkpy (how often): {', '.join(counts)}", "")
    yield f"`darkpy explain {topic.names[0]}.KEY` says more about a key."


def _key_of_section(section: str, name: str) -> Iterator[str]:
    topic = _topic(section)
    if topic is None:
        names = [name for topic in topics() for name in topic.names]
        raise UsageError(
            f"darkpy explain: unknown section '{section}'{did_you_mean(section, names)}\n"
            "`darkpy explain` lists all"
        )
    key = topic.key(name)
    if key is None:
        known = [*topic.keys, *topic.shared]
        raise UsageError(
            f"darkpy explain: {topic.title} has no key '{name}'{did_you_mean(name, known)}\n"
            f"`darkpy explain {topic.names[0]}` lists its keys"
        )
    yield from _key(topic, key)


def _bare_word(word: str) -> Iterator[str]:
    """A key without its section, or a word that keys take as a value."""
    found = _with_key(word)
    if len(found) == 1:
        yield from _key(found[0], found[0].keys[word])
        return
    if found:
        yield f"{word}= is a key of {number_of(len(found), 'sections')}:"
        yield ""
        for topic in found:
            yield from _listed(f"{topic.names[0]}.{word}", f"{topic.keys[word].explanation}.")
        return
    values = [
        (topic, key) for topic in topics() for key in topic.keys.values() if word in key.choices
    ]
    if not values:
        known = {name for topic in topics() for name in (*topic.names, *topic.keys)}
        raise UsageError(
            f"darkpy explain: no section and no key is called '{word}'"
            f"{did_you_mean(word, sorted(known))}\n`darkpy explain` lists all sections"
        )
    yield f"{word} is a value of:"
    for name in dict.fromkeys(key.name for _, key in values):
        titles = [topic.title for topic, key in values if key.name == name]
        yield from _listed(f"{name}=", f"in {', '.join(titles)}")


def _also_a_key(word: str, section: Topic) -> Iterator[str]:
    others = [topic.title for topic in _with_key(word) if topic is not section]
    if others:
        yield from _wrapped(f"{word}= is also a key of {', '.join(others)}.", "")


def _key(topic: Topic, key: Key) -> Iterator[str]:
    yield f"{key.name}= in {topic.title}"
    yield from _wrapped(f"{key.explanation}.")
    yield from _wrapped(f"value: {type_of(key)}; default: {default_of(key) or 'none'}")
    if key.inert:
        yield from _wrapped(f"No effect in darkpy: {key.inert}.")
    if key.note:
        yield from _wrapped(f"Note: {key.note}")
    uses = []
    for name, sections in _sections_in_shipped(topic).items():
        texts = [found.entries[key.name].text for found in sections if key.name in found.entries]
        values = list(dict.fromkeys(texts))
        if values:
            more = ", …" if len(values) > _VALUES_SHOWN else ""
            uses.append(f"{name} ({'; '.join(values[:_VALUES_SHOWN])}{more})")
    if uses:
        yield from _wrapped(f"In the cfgs of darkpy: {', '.join(uses)}")


def _topic(name: str) -> Topic | None:
    """A section by one of its names, in any case."""
    folded = name.lower()
    return next(
        (topic for topic in topics() if folded in (known.lower() for known in topic.names)), None
    )


def _with_key(name: str) -> list[Topic]:
    return [topic for topic in topics() if name in topic.keys]


def _sections_in_shipped(topic: Topic) -> dict[str, list[Section]]:
    """The sections of this kind in each cfg of darkpy; for what any layer knows, all of them."""
    used = {}
    for name, path in shipped_cfgs().items():
        found = [
            section
            for section in read_cfg(path).sections
            if section.kind in topic.names or topic.title == "any layer"
        ]
        if found:
            used[name] = found
    return used


def _first_clause(text: str) -> str:
    """`a; b` -> `a`, for lists."""
    return text.partition("; ")[0]


def _listed(name: str, text: str) -> Iterator[str]:
    lines = textwrap.wrap(text, _WIDTH - _NAMES - 2) or [""]
    if len(name) > _NAMES:
        yield f"  {name}"
        name = ""
    for line in lines:
        yield f"  {name:{_NAMES}s} {line}".rstrip()
        name = ""


def _wrapped(text: str, indent: str = _INDENT) -> Iterator[str]:
    yield from textwrap.wrap(text, _WIDTH, initial_indent=indent, subsequent_indent=indent)
