"""The small faults that scripts/mutants puts into the code."""

from __future__ import annotations

import ast
import importlib

import pytest

from tests.conftest import ROOT

SOURCE = '''
"""1 < 2 in a docstring is no code."""

LIMIT: "1 + 1" = 3


def f(x: "not x", y=0.5):
    """1 < 2 neither."""
    if x < LIMIT and not y:
        raise ValueError(f"{x + 1}")
    x += max(x, y)
    print(x)
    return -x if True else [é for é in y if é == 1]
'''


@pytest.fixture
def source(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    return importlib.import_module("mutations.source")


def test_each_fault_is_one_and_stands_where_the_code_was(source):
    found = [(one.line, one.before, one.after) for one in source.mutants(SOURCE)]

    assert [(before, after) for line, before, after in found if line == 4] == [("3", "4")]
    assert [(before, after) for line, before, after in found if line == 7] == [("0.5", "1.0")]
    assert {after for line, _, after in found if line == 9} == {
        "(x < LIMIT or not y)",
        "(x <= LIMIT)",
        "(y)",
        "if not (x < LIMIT and (not y)):\n    raise ValueError(f'{x + 1}')",
    }
    assert not [one for one in found if one[0] == 10]  # a message is no behaviour
    assert {after for line, _, after in found if line == 11} == {"pass", "min(x, y)"}
    assert {after for line, _, after in found if line == 12} == {"pass"}
    assert {after for line, _, after in found if line == 13} >= {"return None", "(x)", "False"}


def test_every_mutant_is_a_module_that_differs_from_the_sound_one(source):
    sound = ast.dump(ast.parse(SOURCE))
    mutants = source.mutants(SOURCE)

    assert len({one.text for one in mutants}) == len(mutants) > 10
    assert all(ast.dump(ast.parse(one.text)) != sound for one in mutants)


@pytest.mark.parametrize("name", ["losses/box", "solver/schedule", "augment/recipe"])
def test_mutants_of_our_modules_can_be_compiled(source, name):
    text = (ROOT / f"darkpy/{name}.py").read_text(encoding="utf-8")

    assert [compile(one.text, name, "exec") for one in source.mutants(text)]
