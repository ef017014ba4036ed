"""Every layer's output against the C program's, and weights files byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.comparison import Case

pytestmark = pytest.mark.oracle

HERE = Path(__file__).parent / "layers"
CASES = sorted(path.name for path in HERE.iterdir() if path.is_dir())


def test_there_are_cases():
    assert len(CASES) == 13


@pytest.mark.parametrize("name", CASES)
def test_outputs_of_all_layers_and_weights_files_byte_for_byte(name):
    found = list(Case(HERE / name).deviations())

    assert {deviation.what for deviation in found} == {"forward", "round trip"}
    assert [d for d in found if d.judged and not d.passed] == []
