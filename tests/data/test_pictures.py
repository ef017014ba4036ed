"""Decoding pictures."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from darkpy.data.pictures import jpeg_size, read_picture, write_picture
from darkpy.errors import PictureError
from darkpy.machine.opencv import cv2


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


def _jpeg(path, height, width):
    """A JPEG of smooth colours."""
    y, x = np.mgrid[:height, :width]
    pixels = np.stack((x * 255 // width, y * 255 // height, (x + y) % 256), -1).astype(np.uint8)
    write_picture(path, pixels)


@pytest.mark.parametrize(
    ("enough", "size"),
    [
        (None, (160, 240)),
        ((81, 81), (160, 240)),  # a half has 80
        ((80, 80), (80, 120)),
        ((80, 20), (80, 120)),
        ((40, 40), (40, 60)),
        ((20, 10), (20, 30)),
        ((1, 1), (20, 30)),  # an eighth is the least
    ],
)
def test_a_jpeg_is_decoded_as_small_as_will_do(tmp_path, enough, size):
    _jpeg(tmp_path / "a.jpg", 160, 240)

    assert read_picture(tmp_path / "a.jpg", 3, enough).shape == (*size, 3)
    assert read_picture(tmp_path / "a.jpg", 1, enough).shape == (*size, 1)


def test_other_pictures_are_decoded_whole(tmp_path):
    write_picture(tmp_path / "a.png", np.zeros((160, 240, 3), np.uint8))

    assert read_picture(tmp_path / "a.png", 3, (10, 10)).shape == (160, 240, 3)


@pytest.mark.parametrize("cut", [0, 2, 3, 20, 400])
def test_the_size_of_a_damaged_jpeg_is_unknown_or_right(tmp_path, cut):
    _jpeg(tmp_path / "a.jpg", 160, 240)
    raw = np.fromfile(tmp_path / "a.jpg", np.uint8)

    assert jpeg_size(raw) == (160, 240)
    assert jpeg_size(raw[:cut]) in (None, (160, 240))
