"""Files given in place of a cfg or of weights are recognised by how they begin."""

from __future__ import annotations

import pytest

from darkpy.cfg.foreign import beginning, kind_of, syntax_of, why_no_cfg


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"[net]\nbatch=1\n", ""),
        (b"# {comment}\n[net]\n", ""),
        (b"version https://git-lfs.github.com/spec/v1\n", "a git-lfs pointer"),
        (b"PK\x03\x04\x00\x00", "a zip archive"),
        (b"\x80\x02}q", "a Python pickle, as older"),
        (b"\x89HDF\r\n", "an HDF5 file"),
        (b"\x08\x07\x12\x07pytorch\x1a", "an ONNX model"),
        (b"\x1c\x00\x00\x00TFL3", "a TensorFlow Lite model"),
        (b"\n <HTML><head>", "a web page"),
        (b'<?xml version="1.0"?><a/>', "an XML file"),
        (b'{"a": 1}', "a JSON file"),
        (b"\x00\x00\x00\x00\x02\x00\x00\x00\x05", "a Darknet weights file"),
        (b"\xff\xd8\xff\xe0", "a JPEG picture"),
    ],
)
def test_kinds(raw, kind):
    assert kind_of(raw).startswith(kind)
    assert bool(kind_of(raw)) == bool(kind)


@pytest.mark.parametrize("raw", [b"abc\x00def", bytes(100), b"[net]\nbatch=\x00\x01\n"])
def test_binary_files_are_no_cfg(tmp_path, raw):
    path = tmp_path / "my.cfg"
    path.write_bytes(raw)

    assert why_no_cfg(path).startswith("this is a binary file")


def test_zeros_behind_a_text_and_utf_16_are_no_reason_to_refuse_it(tmp_path):
    path = tmp_path / "my.cfg"
    for raw in (b"[net]\nbatch=1\n\x00\x00", "[net]\n".encode("utf-16")):
        path.write_bytes(raw)
        assert why_no_cfg(path) == ""


def test_a_file_as_large_as_weights_is_not_read_as_a_cfg(tmp_path):
    path = tmp_path / "my.cfg"
    path.write_text("a=1\n" * 2**17)

    assert "524288 bytes are too many for a cfg" in why_no_cfg(path)


def test_what_cannot_be_read_has_no_beginning(tmp_path):
    assert beginning(tmp_path) == beginning(tmp_path / "nothing") == b""
    assert why_no_cfg(tmp_path / "nothing") == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (" \n", "the file is empty"),
        ("classes=2\ntrain = a.txt\nnames=b\n", "this looks like a .data file"),
        ("a = {\n  b = 1\n}\n", "another program's configuration"),
        ("names:\n  0: cat\ntrain: a\n", "this looks like a YAML file"),
        ("cat\ndog\n", "no [section] in this file"),
    ],
)
def test_texts_without_a_section(text, said):
    assert said in syntax_of(text)
