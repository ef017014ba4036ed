"""Broken cfgs by the hundred, the same ones each time: findings, never a traceback."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

from darkpy.events import Ended
from darkpy.verbs.check import run
from tests.conftest import ROOT

CASES = 300
SMALL = ("tabletop-tiny.cfg",)


@pytest.fixture(scope="module")
def mutations():
    """The mutations that scripts/torture makes 20,000 of."""
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        import mutations.cfg

        return mutations.cfg
    finally:
        sys.path.remove(str(ROOT / "scripts"))


@pytest.fixture(scope="module")
def originals(faultless) -> list[bytes]:
    return [faultless.encode(), *((ROOT / "cfg" / name).read_bytes() for name in SMALL)]


def test_a_mutated_cfg_gets_a_report_and_a_status(mutations, originals, tmp_path):
    path = Path(tmp_path / "case.cfg")
    statuses = set()
    for number in range(CASES):
        rng = random.Random(number)
        path.write_bytes(mutations.mutated(rng.choice(originals), rng))

        *lines, ended = run(cfg=str(path), data="", weights="", fix=True, out="")

        assert isinstance(ended, Ended), number
        assert all(isinstance(line, str) for line in lines), number
        statuses.add(ended.status)
    assert statuses == {0, 1, 2}


def test_every_mutation_changes_something_and_the_seed_decides_what(mutations, originals):
    for change in mutations.MUTATIONS:
        changed = {change(originals[1], random.Random(seed)) for seed in range(8)}
        assert changed != {originals[1]}, change
        assert change(originals[1], random.Random(1)) == change(originals[1], random.Random(1))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("subdivisions=2147483646\nbatch=2147483647", "is no multiple of subdivisions=2147483646"),
        ("width=99999999999999999999", "larger than any sensible value"),
        ("width=100000", "above the largest value"),
        ("learning_rate=nan", "is not a finite number"),
        ("steps=" + "1," * 5000, "5000 steps= but 0 scales="),
    ],
)
def test_numbers_beyond_all_sense_are_refused_at_once(check, line, said):
    checked = check(text=f"[net]\npolicy=steps\nheight=64\nchannels=3\n{line}\n")

    assert any(said in found.message and found.line == 5 for found in checked.items)


def test_a_random_size_without_end_is_refused(check, last_head):
    """1e308 times 64 px is no number that can be rounded."""
    found = check(last_head("num=4", "num=4\nrandom=1e308")).only("error", "random=1e308")

    assert found.message.endswith("is above the largest value, 16")
