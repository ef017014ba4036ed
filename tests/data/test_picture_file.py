"""Facts of picture files from their bytes alone."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from darkpy.data.picture_file import inspect
from darkpy.machine.opencv import cv2
from tests.doctor.patients import tiff, with_exif

EXIF_TURNED = 6  # a quarter turn


def encoded(ending, shape=(20, 30, 3), dtype=np.uint8, **noise):
    """A picture file of random pixels of that shape (height, width, channels)."""
    top = np.iinfo(dtype).max
    pixels = np.random.default_rng(0).integers(0, top, shape, dtype=dtype)
    written, raw = cv2.imencode(ending, pixels)
    assert written
    return raw.tobytes()


def with_chunk(png, name, content):
    """A PNG with another chunk after IHDR (8 bytes of signature, 25 of IHDR)."""
    import zlib

    body = name + content
    chunk = struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))
    return png[:33] + chunk + png[33:]


@pytest.mark.parametrize(("ending", "kind"), [(".jpg", "jpeg"), (".png", "png")])
def test_size_and_kind_stand_in_the_header(ending, kind):
    found = inspect(encoded(ending))

    assert (found.kind, found.width, found.height, found.fault) == (kind, 30, 20, "")
    assert (found.orientation, found.grey, found.alpha, found.deep) == (1, False, False, False)


@pytest.mark.parametrize("ending", [".jpg", ".png"])
def test_grey_files_are_known(ending):
    assert inspect(encoded(ending, (20, 30, 1))).grey


def test_alpha_and_sixteen_bits_of_a_png_are_known():
    assert inspect(encoded(".png", (20, 30, 4))).alpha
    assert inspect(with_chunk(encoded(".png"), b"tRNS", b"\0" * 6)).alpha
    assert inspect(encoded(".png", dtype=np.uint16)).deep


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_jpeg_turned_by_exif_changes_its_sides(order):
    found = inspect(with_exif(encoded(".jpg"), tiff(EXIF_TURNED, order)))

    assert found.orientation == 6
    assert (found.width, found.height) == (20, 30)


def test_a_half_turn_keeps_the_sides():
    found = inspect(with_exif(encoded(".jpg"), tiff(3)))

    assert (found.orientation, found.width, found.height) == (3, 30, 20)


def test_the_turn_is_the_one_that_the_decoder_applies():
    raw = with_exif(encoded(".jpg"), tiff(EXIF_TURNED))
    pixels = cv2.imdecode(np.frombuffer(raw, np.uint8), cv2.IMREAD_COLOR)

    found = inspect(raw)
    assert pixels.shape[:2] == (found.height, found.width)


def test_exif_of_png_webp_and_tiff_is_found():
    block = tiff(EXIF_TURNED)
    webp = b"RIFF\0\0\0\0WEBPVP8 " + struct.pack("<I", 3) + b"abc\0"

    assert inspect(with_chunk(encoded(".png"), b"eXIf", block)).orientation == 6
    assert inspect(webp + b"EXIF" + struct.pack("<I", len(block)) + block).orientation == 6
    assert inspect(block).orientation == 6


@pytest.mark.parametrize(
    "block",
    [b"", b"II", tiff(9), tiff(0), tiff(6)[:12], b"II*\0\xff\xff\xff\xff", b"xx" + tiff(6)[2:]],
)
def test_broken_exif_counts_as_upright(block):
    found = inspect(with_exif(encoded(".jpg"), block))

    assert (found.orientation, found.width, found.fault) == (1, 30, "")


@pytest.mark.parametrize("lost", [1, 2, 100, 500])
def test_a_jpeg_without_its_end_is_cut_off(lost):
    raw = encoded(".jpg")

    assert "cut off" in inspect(raw[:-lost]).fault


def test_the_end_mark_of_a_thumbnail_does_not_count():
    thumbnail = encoded(".jpg", (4, 4, 3))
    raw = with_exif(encoded(".jpg"), tiff(1) + thumbnail)

    assert inspect(raw).fault == ""
    assert "cut off" in inspect(raw[:-50]).fault


def test_bytes_after_the_end_mark_do_no_harm():
    assert inspect(encoded(".jpg") + b"\0" * 99).fault == ""
    assert inspect(encoded(".png") + b"\0" * 99).fault == ""


@pytest.mark.parametrize("lost", [1, 12, 200, 1700])
def test_a_png_without_its_end_is_cut_off(lost):
    assert "cut off" in inspect(encoded(".png")[:-lost]).fault


def test_a_changed_byte_in_a_png_breaks_a_checksum():
    raw = bytearray(encoded(".png"))
    raw[len(raw) // 2] ^= 1

    assert inspect(bytes(raw)).fault == "is damaged: the checksum of its IDAT chunk is wrong"


@pytest.mark.parametrize("raw", [b"", b"\xff\xd8", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"text"])
def test_stumps_of_files_do_no_harm(raw):
    inspect(raw)
