"""`darkpy runs`: one line a training."""

from __future__ import annotations

import json
import re

import pytest

from darkpy.errors import DataError
from darkpy.verbs.runs import run

FACTS = {"cfg": "a.cfg", "data": "a.data", "seed": 3, "max_batches": 200}
TWICE = [
    {**FACTS, "began": "2026-11-27T20:01:02+00:00", "how": "stopped by SIGTERM"},
    {**FACTS, "began": "2026-11-28T01:00:00+00:00", "how": "finished"},
]


@pytest.fixture
def folder(tmp_path):
    """Two trainings: one of two parts, of the other only the csv."""
    (tmp_path / "one").mkdir()
    (tmp_path / "one/net_run.json").write_text(json.dumps({"runs": TWICE}))
    rows = "iteration,loss,avg_loss,rate,seconds,map50\n1,5,5,.1,.1,\n2,4,5,.1,.1,.5\n"
    (tmp_path / "one/net_train.csv").write_text(rows)
    (tmp_path / "other_train.csv").write_text(rows)
    return tmp_path


def test_each_training_has_a_line_and_the_columns_stand_below_each_other(folder):
    titles, other, one = run(str(folder))

    assert titles.split("  ")[0] == "training"
    assert re.split(" {2,}", one) == [
        *("one/net", "a.cfg", "a.data", "2 of 200", "50.00%", "3"),
        *("2026-11-27 20:01:02 in 2 parts", "finished"),
    ]
    assert other.split() == ["other", "-", "-", "2", "50.00%", "-", "-", "-"]
    assert titles.index("best mAP") == one.index("50.00%") == other.index("50.00%")


def test_all_of_it_can_be_had_as_json(folder):
    (text,) = run(str(folder), json=True)

    other, one = json.loads(text)
    assert (other["name"], other["seed"], other["best"]) == ("other", None, 0.5)
    assert (one["iteration"], one["max_batches"], one["parts"]) == (2, 200, 2)


def test_an_empty_folder_and_none_are_named(tmp_path):
    (line,) = run(str(tmp_path))

    assert line == f"{tmp_path}: no training has left its <name>_run.json or <name>_train.csv here"
    with pytest.raises(DataError, match="is no folder; name the one that backup= names"):
        next(run(str(tmp_path / "none")))
