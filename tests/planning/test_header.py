"""The first bytes of weights files."""

from __future__ import annotations

import struct

import pytest

from darkpy.errors import WeightsError
from darkpy.planning.header import Header, read_header


def test_the_count_of_pictures_has_eight_bytes_from_version_0_2_on(tmp_path):
    path = tmp_path / "a.weights"

    path.write_bytes(struct.pack("<iiiQ", 0, 2, 5, 2**40))
    assert read_header(path) == Header((0, 2, 5), 2**40, 20)
    path.write_bytes(struct.pack("<iiiI", 0, 1, 0, 7))
    assert read_header(path) == Header((0, 1, 0), 7, 16)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "0 bytes are too few"),
        (struct.pack("<iiiI", 0, 2, 5, 7), "16 bytes are too few"),
        (struct.pack("<iiiQ", -1, 2, 5, 7), "no Darknet version"),
        (b"PK\x03\x04" + bytes(40), "this is a zip archive"),
    ],
)
def test_what_cannot_be_a_header(tmp_path, raw, said):
    path = tmp_path / "a.weights"
    path.write_bytes(raw)

    with pytest.raises(WeightsError, match=said):
        read_header(path)


def test_a_missing_file_has_a_neighbour(tmp_path):
    (tmp_path / "last.weights").touch()

    with pytest.raises(WeightsError, match=r"does not exist; did you mean 'last\.weights'"):
        read_header(tmp_path / "lasd.weights")
