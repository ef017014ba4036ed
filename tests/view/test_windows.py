"""A window for a film: keys, and its user. There is no screen here, so OpenCV's is played."""

from __future__ import annotations

import sys

import cv2
import numpy as np
import pytest

from darkpy.view import windows
from darkpy.view.windows import FilmWindow

FRAME = np.zeros((4, 6, 3), np.uint8)


class Screen:
    """OpenCV's windows, with a key that is pressed and a user who may close them."""

    def __init__(self, monkeypatch):
        self.key, self.visible, self.shown, self.destroyed = -1, 1.0, [], []
        monkeypatch.setattr(cv2, "imshow", lambda title, bgr: self.shown.append((title, bgr)))
        monkeypatch.setattr(cv2, "waitKey", lambda milliseconds: self.key)
        monkeypatch.setattr(cv2, "getWindowProperty", lambda *_: self.visible)
        monkeypatch.setattr(cv2, "destroyWindow", self.destroyed.append)
        monkeypatch.setattr(windows, "_has_screen", lambda: True)


@pytest.fixture
def screen(monkeypatch):
    return Screen(monkeypatch)


def test_frames_are_shown_in_opencvs_order_of_colours(screen):
    red = np.zeros((1, 1, 3), np.uint8)
    red[..., 0] = 255
    window = FilmWindow("Demo")

    assert window.show(red)
    title, bgr = screen.shown[0]
    assert (title, bgr[0, 0].tolist()) == ("Demo", [0, 0, 255])
    window.close()
    assert screen.destroyed == ["Demo"]


@pytest.mark.parametrize("key", [27, ord("q"), 27 + 0x100000])
def test_esc_and_q_end_it(screen, key):
    window = FilmWindow("Demo")
    screen.key = key

    assert not window.show(FRAME)


def test_who_closes_the_window_has_seen_enough(screen):
    window = FilmWindow("Demo")
    assert window.show(FRAME)
    screen.visible = 0.0

    assert not window.show(FRAME)
    window.close()
    assert not screen.destroyed


def test_where_opencv_has_no_windows_the_film_goes_on(screen, monkeypatch):
    def fail(*_):
        raise cv2.error("no GUI")

    monkeypatch.setattr(cv2, "imshow", fail)
    window = FilmWindow("Demo")

    assert window.show(FRAME)
    assert not window.open


@pytest.mark.skipif(sys.platform != "linux", reason="other systems always have a screen")
def test_without_a_screen_nothing_is_opened(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    window = FilmWindow("Demo")

    assert not window.open
    assert window.show(FRAME)
