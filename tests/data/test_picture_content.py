"""Files given as pictures: only what can be one is read, and the rest is named for what it is."""

from __future__ import annotations

import os
import struct
import threading
import zlib

import numpy as np
import pytest

from darkpy.data.alike import hashes_of
from darkpy.data.picture_content import LIMIT_VARIABLE, file_bytes
from darkpy.data.picture_sizes import claimed
from darkpy.data.pictures import read_picture
from darkpy.doctor.scan import look_at
from darkpy.errors import PictureError
from darkpy.machine.opencv import cv2


def encoded(ending, pixels):
    written, raw = cv2.imencode(ending, pixels)
    assert written
    return raw.tobytes()


def picture(tmp_path, content, name="a.png"):
    path = tmp_path / name
    path.write_bytes(content)
    return path


def refused(path):
    with pytest.raises(PictureError) as problem:
        read_picture(path)
    with pytest.raises(PictureError) as same:
        look_at(str(path))
    assert str(same.value) == str(problem.value)
    return str(problem.value).removeprefix(f"{path}: ")


def png_of(width, height, bits=8):
    """A PNG whose header claims a size, with one row of data."""

    def chunk(name, body):
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    header = struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0)
    data = zlib.compress(b"\0" * 100)
    mark = b"\x89PNG\r\n\x1a\n"
    return mark + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize("ending", [".png", ".bmp", ".gif", ".webp", ".tiff", ".ppm"])
def test_a_header_says_the_size(ending):
    raw = np.frombuffer(encoded(ending, np.zeros((20, 30, 3), np.uint8)), np.uint8)

    claim = claimed(raw)
    assert (claim.width, claim.height, claim.deep, claim.floats) == (30, 20, False, False)
    for cut in (0, 3, 9, 17, 25):
        assert claimed(raw[:cut]).width in (0, 30)


@pytest.mark.parametrize("ending", [".png", ".tiff", ".pgm"])
def test_a_header_says_that_there_are_sixteen_bits(ending):
    raw = np.frombuffer(encoded(ending, np.zeros((20, 30), np.uint16)), np.uint8)

    assert claimed(raw).deep


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(tmp_path, monkeypatch):
    path = picture(tmp_path, png_of(30000, 30000))

    words = (
        "claims to have 30000x30000 px, more than the 200 megapixels that are taken for a "
        f"picture; the environment variable {LIMIT_VARIABLE}=900 lets it in"
    )
    assert refused(path) == words
    assert list(hashes_of([str(path)])) == [None]

    small = picture(tmp_path, encoded(".png", np.zeros((1500, 1000), np.uint8)), "b.png")
    monkeypatch.setenv(LIMIT_VARIABLE, "1")  # 1000 * 1500 px are 1.5 of them
    assert refused(small).endswith(f"{LIMIT_VARIABLE}=2 lets it in")
    monkeypatch.setenv(LIMIT_VARIABLE, "2")
    assert read_picture(small).shape == (1500, 1000, 3)


def test_a_jpeg_that_claims_too_much_is_refused(tmp_path):
    jpeg = bytearray(encoded(".jpg", np.zeros((8, 8, 3), np.uint8)))
    at = jpeg.index(b"\xff\xc0") + 5
    jpeg[at : at + 4] = struct.pack(">HH", 30000, 30000)

    assert refused(picture(tmp_path, bytes(jpeg))).startswith("claims to have 30000x30000 px")


def test_a_file_too_long_for_a_picture_is_not_read(tmp_path):
    path = tmp_path / "sparse.jpg"
    with open(path, "wb") as file:
        file.truncate(8_000_000_000)

    # 8 bytes are allowed a pixel: 8e9 / 8e6 = 1000.
    assert refused(path) == (
        "has 8000000000 bytes, too many for a picture of 200 megapixels; the environment variable "
        f"{LIMIT_VARIABLE}=1000 lets it in"
    )


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_named_pipe_is_refused_at_once(tmp_path):
    path = tmp_path / "pipe.jpg"
    os.mkfifo(path)
    said = []

    def look():
        said.append(refused(path))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    thread.join(30)
    assert said == ["this is a named pipe, no picture file"]
    assert list(hashes_of([str(path)])) == [None]


def test_a_link_that_leads_nowhere_says_where_it_leads(tmp_path):
    path = tmp_path / "a.jpg"
    path.symlink_to("gone.jpg")

    assert refused(path) == "cannot be read: it links to gone.jpg, which does not exist"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            b"<!DOCTYPE html><html>",
            "this is a web page: download the file itself (`Raw` on GitHub)",
        ),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 9\n",
            "this is a git-lfs pointer: run `git lfs pull` to get the file itself",
        ),
        (
            b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
            "this is a HEIC picture, which OpenCV cannot read; save it as JPEG or PNG",
        ),
        (
            b"\0\0\0\x18ftypavif\0\0\0\0mif1avif",
            "this is an AVIF picture, which this OpenCV cannot read; save it as JPEG or PNG",
        ),
        (b"\0\0\0\x18ftypisom\0\0\0\0isom", "this is a video; take pictures out of it"),
        (b"%PDF-1.7 ", "this is a PDF"),
    ],
    ids=["html", "git-lfs", "heic", "avif", "video", "pdf"],
)
def test_what_is_no_picture_is_named(tmp_path, content, words):
    assert refused(picture(tmp_path, content)) == f"cannot be decoded: {words}"


def test_what_is_unknown_is_asked_about_and_a_cut_file_is_named(tmp_path):
    assert refused(picture(tmp_path, b"hello")) == "cannot be decoded; is it a JPEG, PNG or BMP?"
    with pytest.raises(PictureError, match="this is a JPEG whose rest is damaged or cut off"):
        read_picture(picture(tmp_path, b"\xff\xd8\xff\xe0\0\x10JFIF", "b.jpg"))


def test_a_tiff_of_floats_is_refused_by_training_and_doctor_alike(tmp_path, capfd):
    path = picture(tmp_path, encoded(".tiff", np.zeros((4, 4, 3), np.float32)), "a.tiff")

    words = "is a TIFF of floats, whose white nobody knows; save it with 8 bits a channel"
    assert refused(path) == words
    assert capfd.readouterr().err == ""  # of OpenCV


@pytest.mark.parametrize("ending", [".png", ".tiff"])
@pytest.mark.parametrize(
    ("top", "first"),
    [
        (65535, 16),  # 16 bits: 4095 / 256
        (16383, 16),  # 14 bits stay as the C program reads them, by their upper 8
        (4095, 255),  # 12 bits: 4095 / 16
        (1023, 255),  # 10 bits: 1023 / 4
        (255, 255),
    ],
)
def test_twelve_bits_in_a_file_of_sixteen_are_not_black(tmp_path, ending, top, first):
    pixels = np.full((2, 2), top, np.uint16)
    pixels[0, 0] = min(top, 4095)
    path = picture(tmp_path, encoded(ending, pixels), f"a{ending}")

    read = read_picture(path, 1)
    assert abs(int(read[0, 0, 0]) - first) <= 1
    assert look_at(str(path))[0].dim == (top < 4096)
    if top > 4095:  # to the byte what OpenCV makes of it
        np.testing.assert_array_equal(read_picture(path)[..., ::-1], cv2.imread(str(path)))


def test_other_channels_than_one_and_three_are_refused(tmp_path):
    path = picture(tmp_path, encoded(".png", np.zeros((2, 2, 3), np.uint8)))

    with pytest.raises(PictureError, match=r"a\.png: is read with 1 or 3 channels, not 4"):
        read_picture(path, 4)


def test_a_missing_file_is_missing(tmp_path):
    with pytest.raises(PictureError, match="cannot be read: No such file"):
        file_bytes(tmp_path / "no.png")
