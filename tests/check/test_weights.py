"""A weights file against the faultless network.

Its values: layer 0 has 8 filters of 3*3*3 and 8 biases, 224; layer 1 has 14 of 8 and 14 biases,
126; layer 5 the same: 476 in all.
"""

from __future__ import annotations

import struct
from array import array

import pytest

from darkpy.cfg.reader import parse_cfg
from darkpy.check.stock import PUBLISHED
from darkpy.check.table import examine
from darkpy.check.weights import check_weights
from darkpy.errors import Findings
from tests.conftest import ROOT

FIRST, HEAD, ALL = 224, 126, 476


def header(seen: int = 0, version: tuple[int, int, int] = (0, 2, 5)) -> bytes:
    form = "<Q" if version[1] >= 2 else "<I"
    return struct.pack("<iii", *version) + struct.pack(form, seen)


@pytest.fixture
def weigh(tmp_path, faultless):
    """Write a weights file and check it against the faultless network."""

    def run(raw: bytes, text: str = faultless) -> list[str]:
        path = tmp_path / "my.weights"
        path.write_bytes(raw)
        subject = examine(parse_cfg(text.split("\n"), "my.cfg"))
        findings = Findings()
        check_weights(str(path), subject, findings)
        said = [*findings.items, *subject.findings.items]
        return [str(found).replace(f"{tmp_path}/", "") for found in said]

    return run


def values(count: int, value: float = 0.5) -> bytes:
    return array("f", [value] * count).tobytes()


def test_a_file_that_fits(weigh):
    # 64000 pictures of batch=64 are 1000 iterations.
    assert weigh(header(seen=64000) + values(ALL)) == [
        "my.weights: note: fits: all 7 layers, trained on 64000 pictures (1000 iterations)"
    ]


def test_a_header_of_version_0_1_is_four_bytes_shorter(weigh):
    assert weigh(header(version=(0, 1, 0)) + values(ALL)) == [
        "my.weights: note: fits: all 7 layers"
    ]


def test_a_file_that_ends_with_a_layer_is_for_training(weigh):
    (line,) = weigh(header() + values(FIRST))

    assert line.startswith("my.weights: note: holds the first 1 of 7 layers; the others begin at")


def test_a_file_that_ends_inside_a_layer_says_which_and_how_much_is_missing(weigh):
    (line,) = weigh(header() + values(FIRST + 100))

    # 126 - 100 = 26 values of 4 bytes are missing; 20 + 4 * 476 = 1924
    assert "error: ends inside layer 1 [convolutional] (my.cfg:21), 104 bytes short" in line
    assert line.endswith("the whole network takes 1924 bytes)")


def test_a_file_that_is_too_long_says_by_how_much(weigh):
    (line,) = weigh(header() + values(ALL + 3))

    assert "1936 bytes are 12 too many: my.cfg takes 1924" in line


@pytest.mark.parametrize("classes", [1, 80])
def test_a_file_for_other_classes_says_for_how_many(weigh, classes):
    # Each head has 2 masks * (5 + classes) filters of 8 weights and a bias.
    (line,) = weigh(header() + values(FIRST + 2 * 2 * (5 + classes) * 9))

    assert line.endswith(f"it would fit if all heads had classes={classes}")


def test_a_published_file_of_another_network_is_recognised(weigh):
    known = min(PUBLISHED, key=lambda file: file.values)
    path = header() + bytes(4 * known.values)

    assert f"its size is that of {known.name}, which belongs to {known.cfg}.cfg" in weigh(path)[0]


def test_bytes_that_are_no_whole_number_of_values(weigh):
    assert "3 are left over" in weigh(header() + values(ALL) + b"abc")[0]


def test_values_that_are_not_finite_or_all_zero(weigh):
    lost = weigh(header() + values(ALL, float("nan")))
    empty = weigh(header() + values(ALL, 0.0))

    assert lost[1] == (
        "my.weights: error: 224 of 224 values of layer 0 [convolutional] (my.cfg:14) are not "
        "finite; 126 of 126 values of layer 1 [convolutional] (my.cfg:21) are not finite; 126 of "
        "126 values of layer 5 [convolutional] (my.cfg:40) are not finite: its training diverged, "
        "or the file is damaged"
    )
    assert "layer 5 holds nothing but zeros" in empty[1]


def test_one_bad_value_is_found_wherever_it_lies(weigh):
    raw = header() + values(FIRST - 1) + values(1, 1e30) + values(ALL - FIRST)

    assert (
        "1 of 224 values of layer 0 [convolutional] (my.cfg:14) is as large as 1e+30"
        in (weigh(raw)[1])
    )


def test_values_of_a_file_that_holds_the_first_layers_are_looked_at_too(weigh):
    said = weigh(header() + values(FIRST, float("inf")))

    assert "224 of 224 values of layer 0" in said[1]
    assert weigh(header())[0].startswith("my.weights: note: holds the first 0 of 7 layers")


def test_a_header_that_cannot_be_true_and_one_that_ends_a_training(weigh):
    wild, done = (
        weigh(header(seen=10**15) + values(ALL)),
        weigh(header(seen=64 * 9000) + values(ALL)),
    )

    assert "pictures seen, which no training reaches" in wild[0]
    assert "trained for 9000 iterations, and max_batches=8000" in done[0]
    assert "training takes it as pretrained and begins at 0" in done[0]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"PK\x03\x04" + bytes(60), "this is a zip archive, as PyTorch's .pt"),
        (b"\x80\x02}q\x00" + bytes(60), "this is a Python pickle"),
        (b"\x08\x06\x12\x07pytorch\x1a" + bytes(60), "this is an ONNX model"),
        (b"<!DOCTYPE html><html><head>" + bytes(60), "this is a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1", "this is a git-lfs pointer"),
        (b"[net]\nbatch=64\nsubdivisions=1\n", "no Darkpy version"),
        (b"abc", "3 bytes are too few for a weights file"),
    ],
)
def test_files_of_other_kinds_are_named(weigh, raw, said):
    (line,) = weigh(raw)

    assert line.startswith("my.weights: error: ")
    assert said.replace("Darkpy", "Darknet") in line


def test_a_missing_file_has_a_neighbour(tmp_path):
    (tmp_path / "last.weights").touch()
    findings = Findings()
    check_weights(str(tmp_path / "lost.weights"), None, findings)

    assert findings.items[0].message == (
        "the weights file does not exist; did you mean 'last.weights'?"
    )


def test_released_tiny_weights_with_the_stock_mask_are_a_trap(weigh):
    text = (ROOT / "cfg" / "yolov3-tiny.cfg").read_text().replace("mask=1,2,3", "mask=0,1,2")
    (fits, *others) = weigh(header() + values(8_858_734), text)

    assert "its size is that of yolov3-tiny.weights" in fits
    assert any("which was trained with mask=1,2,3 here" in line for line in others)


@pytest.mark.parametrize("count", [ALL - FIRST, ALL])
def test_dontload_fits_a_file_without_the_layer_and_a_whole_one(weigh, faultless, count):
    text = faultless.replace("filters=8\n", "filters=8\ndontload=1\n", 1)
    assert "my.weights: note: fits: all 7 layers" in weigh(header() + values(count), text)
