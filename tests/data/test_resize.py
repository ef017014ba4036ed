"""Darknet's resize for inference."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from darkpy.data.pictures import read_picture
from darkpy.data.resize import letterbox, letterbox_frame, stretch


def test_corners_stay_corners():
    pixels = np.uint8([[[0], [255]], [[51], [102]]])

    resized = stretch(pixels, 3, 5)

    # Between the corners: columns at 0, 1/4, 1/2, 3/4, 1, the middle row is the mean of both.
    assert resized.shape == (1, 3, 5)
    torch.testing.assert_close(resized[0, 0], torch.tensor([0, 0.25, 0.5, 0.75, 1]))
    torch.testing.assert_close(resized[0, 2], torch.tensor([0.2, 0.25, 0.3, 0.35, 0.4]))
    torch.testing.assert_close(resized[0, 1], (resized[0, 0] + resized[0, 2]) / 2)


def test_a_picture_of_the_right_size_is_only_scaled():
    pixels = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)

    torch.testing.assert_close(
        stretch(pixels, 2, 3), torch.from_numpy(pixels).permute(2, 0, 1) / 255
    )


@pytest.mark.parametrize(
    ("picture", "net", "frame"),
    [
        ((480, 640), (416, 416), (312, 416)),
        ((640, 480), (416, 416), (416, 312)),
        ((416, 416), (416, 416), (416, 416)),
        ((333, 1000), (416, 416), (138, 416)),  # 333 * 416 / 1000 = 138.5, cut off
        ((1, 5000), (416, 416), (1, 416)),
    ],
)
def test_the_letterbox_keeps_the_aspect_in_whole_pixels(picture, net, frame):
    assert letterbox_frame(*picture, *net) == frame


def test_the_letterbox_is_grey_above_and_below():
    boxed = letterbox(np.full((2, 8, 3), 255, np.uint8), 8, 8)

    # 2 of 8 rows in the middle; the margins are (8 - 2) / 2 = 3.
    assert (boxed[:, 3:5] == 1).all()
    assert (boxed[:, :3] == 0.5).all()
    assert (boxed[:, 5:] == 0.5).all()


@pytest.mark.oracle
@pytest.mark.parametrize("name", ["dog", "person"])
@pytest.mark.parametrize("kind", ["resize", "letterbox"])
def test_pictures_are_resized_as_by_darknet(shared, name, kind):
    golden = np.load(shared / "golden" / "augment" / "augment.npz")[f"{name}_{kind}_160x128"]
    pixels = read_picture(shared / "golden" / "augment" / f"{name}.jpg")

    ours = {"resize": stretch, "letterbox": letterbox}[kind](pixels, 128, 160)

    np.testing.assert_allclose(ours.numpy(), golden, atol=1e-3)
