"""Decoding pictures."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from darkpy.data.pictures import read_picture
from darkpy.errors import PictureError
from darkpy.opencv import cv2


@pytest.fixture
def red(tmp_path):
    """A PNG, 4 px wide and 2 high, whose left half is red and whose right half is blue."""
    path = tmp_path / "größe 1.png"
    bgr = np.zeros((2, 4, 3), np.uint8)
    bgr[:, :2, 2], bgr[:, 2:, 0] = 200, 100
    path.write_bytes(cv2.imencode(".png", bgr)[1])
    return path


def test_colour_is_red_green_blue(red):
    pixels = read_picture(red)

    assert pixels.shape == (2, 4, 3)
    assert pixels.dtype == np.uint8
    np.testing.assert_array_equal(pixels[0, 0], [200, 0, 0])
    np.testing.assert_array_equal(pixels[0, 3], [0, 0, 100])


def test_one_channel_is_grey(red):
    pixels = read_picture(red, channels=1)

    # Luma: .299 * 200 = 59.8 and .114 * 100 = 11.4, rounded as the decoder likes.
    assert pixels.shape == (2, 4, 1)
    assert pixels[0, 0, 0] in (59, 60)
    assert pixels[0, 3, 0] in (11, 12)


def test_alpha_is_dropped_and_grey_files_become_colour(tmp_path):
    (tmp_path / "a.png").write_bytes(cv2.imencode(".png", np.full((2, 2, 4), 9, np.uint8))[1])
    (tmp_path / "g.png").write_bytes(cv2.imencode(".png", np.full((2, 2), 9, np.uint8))[1])

    assert read_picture(tmp_path / "a.png").shape == (2, 2, 3)
    np.testing.assert_array_equal(read_picture(tmp_path / "g.png"), np.full((2, 2, 3), 9))


def test_exif_rotation_is_applied(tmp_path):
    jpeg = cv2.imencode(".jpg", np.zeros((8, 16, 3), np.uint8))[1].tobytes()
    # TIFF header, one entry: tag 0x0112 (orientation), type short, count 1, value 6: turn right.
    tiff = b"II*\0" + struct.pack("<IHHHIHHI", 8, 1, 0x0112, 3, 1, 6, 0, 0)
    exif = b"\xff\xe1" + struct.pack(">H", len(tiff) + 8) + b"Exif\0\0" + tiff
    (tmp_path / "1.jpg").write_bytes(jpeg[:2] + exif + jpeg[2:])

    assert read_picture(tmp_path / "1.jpg").shape == (16, 8, 3)


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "the file is empty"), (b"<html>", "cannot be decoded"), (b"\xff\xd8\xff", "decoded")],
)
def test_what_is_no_picture_is_refused_by_name(tmp_path, content, reason):
    (tmp_path / "1.jpg").write_bytes(content)

    with pytest.raises(PictureError, match=rf"1\.jpg: .*{reason}"):
        read_picture(tmp_path / "1.jpg")


def test_a_missing_picture_and_a_folder_are_refused_by_name(tmp_path):
    with pytest.raises(PictureError, match=r"no\.jpg: cannot be read: No such file"):
        read_picture(tmp_path / "no.jpg")
    with pytest.raises(PictureError, match="cannot be read"):
        read_picture(tmp_path)
