"""Every layer's output against the C program's, and weights files byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from darkpy.parity import Case

pytestmark = pytest.mark.oracle

HERE = Path(__file__).parent / "layers"
CASES = sorted(path.name for path in HERE.iterdir() if path.is_dir())
GOLDEN = [
    "blocks",
    "classifier",
    "connected_mlp",
    "conv_lstm",
    "crnn",
    "implicit_v7",
    "v3_mse",
    "v4_ciou",
    "v4csp_newcoords",
]


def test_there_are_cases():
    assert len(CASES) == 13


@pytest.mark.parametrize("name", CASES)
def test_outputs_of_all_layers(name):
    assert Case(HERE / name).forward().passed


@pytest.mark.parametrize("name", CASES)
def test_weights_files_come_back_byte_for_byte(name):
    assert Case(HERE / name).round_trip().value == 0


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_networks(shared, name):
    case = Case(shared / "golden" / name)
    assert case.forward().passed
    assert case.round_trip().value == 0
