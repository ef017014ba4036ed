"""What is known about every section and key is enough to explain it."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
from pathlib import Path

import pytest

from darkpy.cfg.data import DataOptions
from darkpy.cfg.net import NetOptions
from darkpy.cfg.options import key, keys_of
from darkpy.planning.topics import default_of, topics, type_of
from darkpy.sections.base import SECTIONS, LayerOptions
from darkpy.sections.transform import TRANSFORMS
from darkpy.tracking.tracker import TrackKeys
from tests.conftest import ROOT


def test_every_registered_section_and_alias_is_a_topic():
    known = {name for topic in topics() for name in topic.names}

    assert known == {*SECTIONS, "net", "network", "layer", "data", ".data"}
    assert {"convolutional", "conv"} <= {n for t in topics() if "conv" in t.names for n in t.names}


@pytest.mark.parametrize("topic", topics(), ids=lambda topic: topic.names[0])
def test_every_section_has_a_sentence_and_details(topic):
    assert topic.summary.endswith(".")
    assert topic.names[0] == "data" or len(topic.details) > 20


@pytest.mark.parametrize("topic", topics(), ids=lambda topic: topic.names[0])
def test_every_key_has_an_explanation_a_type_and_a_default(topic):
    for found in topic.keys.values():
        assert len(found.explanation.split()) >= 3, f"{found.name}: too thin to explain anything"
        assert not found.explanation.endswith("."), found.name
        assert not found.note or found.note.endswith("."), found.name
        assert type_of(found), found.name
        assert isinstance(default_of(found), str), found.name


def test_a_layers_own_keys_leave_out_those_of_any_layer_but_it_still_has_them():
    (yolo,) = (topic for topic in topics() if topic.names == ("yolo",))

    assert "stopbackward" not in yolo.keys
    assert yolo.key("stopbackward").default == 0
    assert yolo.key("beta_nms").default == 0.6
    assert yolo.key("nonsense") is None


class Sample:
    """Keys of every type."""

    number: int = key(3, "a number of things", minimum=1)
    share: float = key(0.00001, "a share of it", minimum=0, maximum=1)
    switch: bool = key(True, "a switch of something")
    word: str = key("a", "a word of two", choices=("a", "b"))
    several: tuple[int, ...] = key((), "several numbers there")


def test_types_and_defaults_are_said_as_a_cfg_writes_them():
    keys = keys_of(dataclasses.dataclass(frozen=True)(Sample))

    assert {name: type_of(found) for name, found in keys.items()} == {
        "number": "whole number, at least 1",
        "share": "number, 0 to 1",
        "switch": "0 or 1",
        "word": "a, b",
        "several": "whole numbers, comma between",
    }
    assert [default_of(found) for found in keys.values()] == ["3", "1e-05", "1", "a", ""]


def options_of(topic) -> type:
    named = {"net": NetOptions, "layer": LayerOptions, "data": DataOptions}
    return named.get(topic.names[0]) or SECTIONS[topic.names[0]]


def reads() -> set[tuple[Path, str, str]]:
    """(module, owner, name) of every attribute that is read: `self.net.batch` is net, batch."""
    return {
        (path, ast.unparse(node.value).rpartition(".")[2], node.attr)
        for path in (ROOT / "darkpy").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
    }


ROOMS = ("layers", "heads")
# How options are called where they are read; inside their own class they are `self`.
OWNERS = {"net": {"net"}, "data": {"data", "options"}}
# Read by name, in a loop.
ALIKE = {
    "convolutional": set(TRANSFORMS),
    "yolo": {one.name for one in dataclasses.fields(TrackKeys)},
}


def helpers_of(topic) -> set[Path]:
    """Modules of layers/ and heads/ that compute a kind: its own and what that imports of them."""
    todo = [f"darkpy.{room}.{name.lower()}" for room in ROOMS for name in topic.names]
    found: set[Path] = set()
    while todo:
        path = ROOT / (todo.pop().replace(".", "/") + ".py")
        todo += [f"darkpy.heads.{path.stem}.head"] if path.with_suffix("").is_dir() else []
        if path.exists() and path not in found:
            found.add(path)
            todo += re.findall(r"from (darkpy\.(?:layers|heads)\.[\w.]+) import", path.read_text())
    return found


def read_of(topic, everything) -> set[str]:
    """The attributes that are read from the options of a kind of section."""
    own = {Path(inspect.getfile(one)) for one in options_of(topic).__mro__[:-1]}
    of_others = {path for path, *_ in everything if path.parent.name in ROOMS} - helpers_of(topic)
    if topic.names[0] == "layer":
        of_others = set()
    names = OWNERS.get(topic.names[0])
    return {
        name
        for path, owner, name in everything
        if (owner == "self" and path in own)
        or (names and owner in names)
        or (not names and owner in {"o", "options", "section"} and path not in of_others)
    }


def test_a_key_that_nothing_reads_says_that_it_has_no_effect():
    everything = reads()
    silent = set()
    for topic in topics():
        known = read_of(topic, everything) | ALIKE.get(topic.names[0], set())
        silent |= {
            f"{topic.names[0]}.{found.name}"
            for found in topic.keys.values()
            if not found.inert and (found.minimum is None or found.minimum != found.maximum)
            if found.field not in known
        }

    assert silent == set()
