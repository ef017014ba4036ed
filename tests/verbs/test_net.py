"""`darkpy net` prints Darknet's table, and totals that agree with Darknet's."""

from __future__ import annotations

import json
import re

import pytest

from darkpy.errors import CfgError, UsageError
from darkpy.verbs.net import run

SMALL = """[net]
batch=4
subdivisions=2
width=32
height=16
channels=3
[convolutional]
filters=4
size=3
stride=2
pad=1
batch_normalize=1
activation=leaky
[connected]
output=10
activation=linear
"""


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "small.cfg"
    path.write_text(SMALL)
    return path


def squeezed(line: str) -> str:
    return " ".join(line.split())


def test_the_table_is_darknets_with_more_columns(small):
    lines = list(run(str(small)))

    # 4 filters of 3*3*3 weights, bias and scale; 2 * 108 * 16*8 operations.
    assert squeezed(lines[1]) == "0 conv 4 3 x 3/ 2 32 x 16 x 3 -> 16 x 8 x 4 0.000 BF 116 3 x 3"
    # 16*8*4 inputs and a bias for each of 10 outputs; every output sees all.
    assert squeezed(lines[2]) == "1 connected 512 -> 10 5130 all"
    assert lines[3] == "Total BFLOPS 0.000"


def test_the_totals_count_parameters_file_and_memory(small):
    text = squeezed(" ".join(run(str(small))))

    assert "parameters 5,246" in text  # 116 + 5130
    assert "weights file 21,036 bytes" in text  # 20 + 4 * (5246 + 4 means + 4 variances)
    assert "2 (batch=4, subdivisions=2)" in text


def test_another_input_size_may_be_asked_for(small):
    facts = json.loads("".join(run(str(small), width=64, height=64, json=True)))

    assert facts["input"] == [64, 64, 3]
    assert facts["layers"][0]["output"] == [32, 32, 4]


def test_the_json_form_has_every_layer(small):
    facts = json.loads("".join(run(str(small), json=True)))

    # 2 operations * 108 weights * 16*8 places.
    assert facts["bflops"] == pytest.approx(2 * 108 * 128 / 1e9)
    assert [layer["receptive_field"] for layer in facts["layers"]] == [[3, 3], None]
    assert [layer["line"] for layer in facts["layers"]] == [7, 14]
    # Input 32*16*3 = 1536, then 16*8*4 = 512 values; float32.
    assert facts["inference_bytes"] == 4 * (1536 + 512)


def test_a_cfg_that_cannot_be_built_is_refused_with_its_line(tmp_path):
    path = tmp_path / "broken.cfg"
    path.write_text(SMALL.replace("filters=4", "filters=four"))

    with pytest.raises(CfgError, match=r"broken.cfg:8: \[convolutional\] filters=four is not int"):
        list(run(str(path)))
    with pytest.raises(UsageError, match="-width -1 is below the smallest value, 0"):
        list(run(str(path), width=-1))


def _cases(shared):
    return sorted(path.parent for path in (shared / "golden").glob("*/table.txt"))


@pytest.mark.oracle
def test_every_line_of_darknets_tables_is_printed(shared):
    for case in _cases(shared):
        theirs = (case / "table.txt").read_text().splitlines()
        ours = list(run(str(case / "net.cfg")))
        for line, printed in zip(theirs, ours[: len(theirs)], strict=True):
            assert squeezed(printed).startswith(squeezed(line)), case.name


@pytest.mark.slow
@pytest.mark.oracle
def test_totals_agree_with_darknet_for_all_stock_cfgs(shared):
    tables = json.loads((shared / "golden/cfg_tables.json").read_text())
    for name, table in tables.items():
        lines = list(run(str(shared / "real/cfgs/stock" / name)))
        (total,) = (line for line in lines if line.startswith("Total BFLOPS"))
        (file,) = (line for line in lines if line.startswith("weights file"))
        assert float(total.split()[-1]) == pytest.approx(table["bflops"], abs=1e-3, rel=1e-3), name
        assert int(re.sub(r"\D", "", file.split("bytes")[0])) == table["weights_bytes"], name
