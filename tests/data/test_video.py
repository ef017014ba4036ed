"""Frames of cameras, streams, files and folders."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from darkpy.data.pictures import write_picture
from darkpy.data.video import PictureFilm, is_stream, open_camera, open_video
from darkpy.errors import DataError, PictureError


def film(path, count, size_wh=(64, 48), fps=10, code="MJPG"):
    """A video whose frame n is grey of level 10 * n."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*code), fps, size_wh)
    assert writer.isOpened()
    for number in range(count):
        writer.write(np.full((size_wh[1], size_wh[0], 3), 10 * number, np.uint8))
    writer.release()
    return str(path)


def levels(source):
    found = []
    while (frame := source.read()) is not None:
        found.append(round(frame.mean() / 10))
    return found


def test_a_file_gives_its_frames_in_order_and_then_none(tmp_path):
    source = open_video(film(tmp_path / "a.avi", 5))

    assert not source.live
    assert source.fps == 10
    assert levels(source) == [0, 1, 2, 3, 4]
    assert source.read() is None
    source.close()


def test_frames_are_rgb(tmp_path):
    path = str(tmp_path / "a.avi")
    writer = cv2.VideoWriter(path, cv2.VideoWriter_fourcc(*"MJPG"), 10, (64, 48))
    writer.write(np.full((48, 64, 3), (0, 0, 255), np.uint8))  # OpenCV's red
    writer.release()

    red, green, blue = open_video(path).read().mean(axis=(0, 1))
    assert (red > 240, green < 15, blue < 15) == (True, True, True)


def test_pictures_are_frames_and_a_bad_one_is_passed_over(tmp_path):
    names = [str(tmp_path / name) for name in ("a.png", "b.png", "c.png")]
    for number, name in enumerate(names):
        write_picture(name, np.full((4, 6, 3), 10 * number, np.uint8))
    (tmp_path / "b.png").write_bytes(b"nothing")
    source = PictureFilm("folder", names)

    assert source.read().mean() == 0
    with pytest.raises(PictureError, match=r"b\.png"):
        source.read()
    assert source.read().mean() == 20
    assert source.read() is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "there is no such file"),
        (b"", "the file is empty"),
        (b"no video" * 99, "this is no video that OpenCV can read"),
    ],
)
def test_what_is_no_video_is_a_sentence_and_opencv_is_silent(tmp_path, capfd, content, message):
    path = tmp_path / "a.mp4"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(DataError, match=message):
        open_video(str(path))
    assert "VIDEOIO" not in capfd.readouterr().err


def test_a_camera_that_is_not_there_is_a_sentence():
    with pytest.raises(DataError, match="camera 97: there is no such camera"):
        open_camera(97)


@pytest.mark.parametrize(
    ("word", "stream"),
    [("rtsp://a/b", True), ("http://a:81/c.mjpg", True), ("a.mp4", False), ("file://a", False)],
)
def test_an_address_is_a_stream_and_a_file_is_not(word, stream):
    assert is_stream(word) is stream
