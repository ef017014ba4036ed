"""Pictures as arrays of other programs."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from PIL import Image

from darkpy.data.arrays import as_pixels
from darkpy.errors import PictureError

# 2 rows, 3 columns: no two values are equal.
RGB = np.arange(18, dtype=np.uint8).reshape(2, 3, 3) * 10


def test_a_picture_as_it_should_be_is_taken_without_a_copy():
    assert as_pixels(RGB, 3) is RGB or as_pixels(RGB, 3).base is not None
    assert np.shares_memory(as_pixels(RGB, 3), RGB)


def locked(array):
    array = array.copy()
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    "picture",
    [
        RGB[..., ::-1].copy()[..., ::-1],
        np.asfortranarray(RGB),
        locked(RGB),
        np.dstack((RGB, np.full((2, 3), 7, np.uint8))),
        RGB / 255,
        (RGB / 255).astype(np.float32),
        (RGB / 255).astype(np.float16),
        Image.fromarray(RGB),
        Image.fromarray(RGB).convert("RGBA"),
    ],
    ids=["turned", "fortran", "locked", "alpha", "f64", "f32", "f16", "pillow", "pillow-alpha"],
)
def test_what_has_one_meaning_is_taken(picture):
    pixels = as_pixels(picture, 3)

    np.testing.assert_array_equal(pixels, RGB)
    torch.from_numpy(pixels)


def test_grey_becomes_three_equal_channels_and_colour_becomes_grey():
    grey = RGB[..., 0]
    np.testing.assert_array_equal(as_pixels(grey, 3), np.dstack((grey, grey, grey)))
    np.testing.assert_array_equal(as_pixels(grey[..., None], 1)[..., 0], grey)
    # Luma: .299 * 0 + .587 * 10 + .114 * 20 = 8.15
    assert as_pixels(RGB, 1).shape == (2, 3, 1)
    assert as_pixels(RGB, 1)[0, 0, 0] == 8


def test_a_black_and_white_picture_of_pillow_keeps_its_white():
    white = Image.fromarray(np.full((2, 3), 255, np.uint8)).convert("1")

    assert (as_pixels(white, 3) == 255).all()


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        (None, "the picture is None; cv2.imread gives that for a file it cannot read"),
        (torch.zeros(3, 2, 2), "the picture is a tensor; give an array: "),
        ([[1, 2], [3, 4]], "the picture is of type list; a picture is (H, W, 3) or (H, W) of "),
        (RGB[None], "the picture has the shape (1, 2, 3, 3), a batch; give a list of its pictures"),
        (
            np.zeros((3, 8, 9), np.uint8),
            "the picture has the shape (3, 8, 9), planes first; give picture.transpose(1, 2, 0)",
        ),
        (RGB[..., :2], "the picture has the shape (2, 3, 2); a picture is (H, W, 3) or (H, W) of"),
        (RGB[:0], "the picture has the shape (0, 3, 3) and so no pixel"),
        (np.uint8(7), "the picture is of type uint8; a picture is"),
        (
            RGB.astype(np.uint16),
            "the picture is of uint16, whose white nobody knows; scale it to uint8 0..255 or to "
            "floats 0..1",
        ),
        (RGB > 7, "the picture is of bool, whose white nobody knows"),
        (
            RGB.astype(np.float32),
            "the picture is of float32 with values from 0 to 170; floats lie in 0..1, and 0..255 "
            "is for uint8",
        ),
        (np.full((2, 2), np.nan), "the picture is of float64 with values from nan to nan; floats"),
        (Image.fromarray(np.zeros((2, 2), np.uint16)), "the picture is of uint16, whose white"),
    ],
)
def test_what_has_no_one_meaning_is_refused_in_one_sentence(picture, words):
    with pytest.raises(PictureError, match="^" + re.escape(words)) as refused:
        as_pixels(picture, 3)
    assert "\n" not in str(refused.value)


def test_other_numbers_of_channels_are_taken_as_they_are_or_not_at_all():
    six = np.zeros((2, 3, 6), np.uint8)

    assert as_pixels(six, 6).shape == (2, 3, 6)
    with pytest.raises(PictureError, match=r"shape \(2, 3, 3\); the network wants \(H, W, 6\)"):
        as_pixels(RGB, 6)
