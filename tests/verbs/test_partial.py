"""`darkpy partial` cuts a weights file as Darknet does, byte for byte, or says why it cannot."""

from __future__ import annotations

import hashlib
import json
import struct
from pathlib import Path

import pytest

from darkpy.errors import UsageError, WeightsError
from darkpy.planning.header import read_header
from darkpy.verbs.partial import run

ORACLE = Path(__file__).resolve().parent.parent / "oracle/partial/partial.json"

CFG = """[net]
batch=1
width=8
height=8
channels=1
[convolutional]
filters=2
size=1
batch_normalize=1
[maxpool]
size=2
stride=2
[convolutional]
filters=3
size=1
[convolutional]
filters=1
size=1
"""
# Layer 0: 2 biases, scales, means, variances and 2 weights; layer 2: 3 and 3*2; layer 3: 1 and 3.
FIRST, SECOND, THIRD = 5 * 2, 3 + 6, 1 + 3


def values(count: int, start: int = 0) -> bytes:
    return struct.pack(f"<{count}f", *range(start, start + count))


@pytest.fixture
def project(tmp_path, monkeypatch):
    """net.cfg and net.weights, whose values count up from 0; the working directory."""
    monkeypatch.chdir(tmp_path)
    Path("net.cfg").write_text(CFG)
    header = struct.pack("<iiiQ", 0, 2, 5, 6400)
    Path("net.weights").write_bytes(header + values(FIRST + SECOND + THIRD))
    return tmp_path


def cut(n: int, source: str = "net.weights") -> str:
    return "\n".join(run("net.cfg", source, "out.weights", n))


@pytest.mark.parametrize(
    ("n", "count"),
    [(1, FIRST), (2, FIRST), (3, FIRST + SECOND), (4, FIRST + SECOND + THIRD)],
)
def test_the_first_layers_are_copied_below_a_new_header(project, n, count):
    cut(n)

    # Version 0.2.5, no picture seen.
    assert Path("out.weights").read_bytes() == struct.pack("<iiiQ", 0, 2, 5, 0) + values(count)


def test_what_the_file_holds_is_said(project):
    said = cut(3)

    assert "layers 0 to 2 of net.cfg, which has 4; 2 of them hold 19 values; 96 bytes" in said
    assert "the last one is 2 [convolutional] (net.cfg:13); layers 3 to 3 begin at random" in said
    assert "pictures seen: 0 (the source: 6400)" in said


def test_an_old_header_of_16_bytes_becomes_a_new_one(project):
    Path("old.weights").write_bytes(struct.pack("<iiiI", 0, 1, 0, 7) + values(FIRST))
    cut(1, "old.weights")

    assert Path("out.weights").read_bytes() == struct.pack("<iiiQ", 0, 2, 5, 0) + values(FIRST)


def test_layers_that_are_in_no_file_are_left_out(project):
    Path("net.cfg").write_text(CFG.replace("filters=3\n", "filters=3\ndontload=1\n"))
    header = struct.pack("<iiiQ", 0, 2, 5, 0)
    Path("net.weights").write_bytes(header + values(FIRST + THIRD))

    assert "dontload=1: neither file holds layers 2" in cut(4)
    assert Path("out.weights").read_bytes() == header + values(FIRST + THIRD)


def test_a_file_that_ends_too_early_is_refused_with_its_layer(project):
    whole = Path("net.weights").read_bytes()
    Path("short.weights").write_bytes(whole[: 20 + 4 * (FIRST + 4)])

    # 4 of the 9 values of layer 2 are there: 20 bytes are missing.
    message = r"ends inside layer 2 \[convolutional\] \(net.cfg:13\), 20 bytes too short for 3 lay"
    with pytest.raises(WeightsError, match=message):
        cut(3, "short.weights")
    assert not Path("out.weights").exists()
    assert "warning: ends inside layer 2" in cut(1, "short.weights")


def test_a_file_of_another_net_is_doubted(project):
    Path("long.weights").write_bytes(Path("net.weights").read_bytes() + values(2))

    assert "warning: 8 bytes more than all of net.cfg takes" in cut(1, "long.weights")


@pytest.mark.parametrize("n", [0, -1, 5])
def test_a_number_of_layers_that_the_cfg_has_not_is_refused(project, n):
    with pytest.raises(UsageError, match="which has 4; n is 1 to 4"):
        cut(n)


def test_what_is_read_is_never_replaced(project):
    before = Path("net.weights").read_bytes()
    for out in ("net.weights", "./net.cfg"):
        with pytest.raises(UsageError, match="name another file to write"):
            list(run("net.cfg", "net.weights", out, 1))

    assert Path("net.weights").read_bytes() == before
    assert Path("net.cfg").read_text() == CFG


@pytest.mark.oracle
def test_the_bytes_are_those_of_darknet_for_all_nets(shared, tmp_path):
    for case, cuts in json.loads(ORACLE.read_text()).items():
        folder = shared / "golden" / case
        for n, wanted in cuts.items():
            out = tmp_path / "out.weights"
            list(run(str(folder / "net.cfg"), str(folder / "net.weights"), str(out), int(n)))
            raw = out.read_bytes()
            assert len(raw) == wanted["bytes"], (case, n)
            assert hashlib.sha256(raw).hexdigest() == wanted["sha256"], (case, n)
            assert read_header(out).seen == 0
