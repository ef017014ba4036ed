"""Tables that explain a miss, and how near two words must be."""

from __future__ import annotations

import importlib
import sys

import pytest

from darkpy.registry import Registry, did_you_mean, surely_meant


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("filter", "filters"),  # one letter too few
        ("filterss", "filters"),  # too many
        ("filtars", "filters"),  # wrong
        ("fitlers", "filters"),  # two exchanged
        ("Filters", "filters"),  # another case
        ("filters", None),  # the word itself
        ("flter", None),  # two slips
        ("pat", None),  # too short to be sure
        ("steps", None),  # step and stepss are as near
    ],
)
def test_one_slip_of_the_finger_is_sure(word, meant):
    assert surely_meant(word, ["filters", "pad", "step", "stepss"]) == meant


def test_a_hint_is_less_sure():
    assert did_you_mean("filtrs", ["filters", "size"]) == "; did you mean 'filters'?"
    assert did_you_mean("xyz", ["filters", "size"]) == ""


def test_a_name_is_taken_once_and_a_miss_explains_itself():
    table: Registry[int] = Registry("layer")
    table("maxpool", "max")(1)

    assert dict(table) == {"maxpool": 1, "max": 1}
    with pytest.raises(KeyError, match="registered twice"):
        table.add("max", 2)
    with pytest.raises(KeyError, match="unknown layer 'maxpol'; did you mean 'maxpool'"):
        table["maxpol"]


def test_a_module_is_imported_when_its_name_is_asked_for(tmp_path, monkeypatch):
    table: Registry[str] = Registry("layer")
    (tmp_path / "late").mkdir()
    (tmp_path / "late/__init__.py").touch()
    (tmp_path / "late/pool.py").write_text("import late\nlate.table('pool', 'max')('a pool')\n")
    monkeypatch.syspath_prepend(tmp_path)
    late = importlib.import_module("late")
    late.table = table

    table.found_in("late", ["pool"], {"max": "pool"})

    assert list(table) == ["pool", "max"]
    assert len(table) == 2
    assert "late.pool" not in sys.modules
    with pytest.raises(KeyError, match="did you mean 'pool'"):
        table["pol"]
    assert "late.pool" not in sys.modules
    assert table["max"] == "a pool"
    assert dict(table) == {"pool": "a pool", "max": "a pool"}
