"""Darknet's resize for inference."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from darkpy.data.pictures import read_picture
from darkpy.data.resize import last_row_share, letterbox, letterbox_frame, stretch


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


@pytest.mark.parametrize(("picture_h", "height"), [(32, 8), (420, 210), (240, 416)])
def test_the_last_row_is_dark_where_rounding_ends_above_it(picture_h, height):
    """7 * (31 / 7) is 30.999998 in float32, 209 * (419 / 209) is 418.99997."""
    white = np.full((picture_h, 3, 1), 255, np.uint8)

    resized = stretch(white, height, 5)

    assert (resized[:, :-1] > 0.9999).all()
    # What rounding lost: 1 - .999998 = 1.9e-6, at most 1.2e-4 for pictures of up to 2000 rows.
    assert (resized[:, -1] < 1.3e-4).all()
    assert last_row_share(picture_h, height) == pytest.approx(float(resized[0, -1, 0]), rel=1e-3)


def test_the_dark_row_is_the_one_before_the_last_of_the_picture():
    pixels = np.zeros((32, 2, 1), np.uint8)
    pixels[-2] = [[100], [200]]

    lost = last_row_share(32, 8)

    np.testing.assert_allclose(
        stretch(pixels, 8, 3)[0, -1].numpy(), np.float32([100, 150, 200]) / 255 * lost, rtol=1e-5
    )


@pytest.mark.parametrize(
    ("picture_h", "height"), [(8, 8), (31, 8), (480, 416), (1, 416), (480, 1), (2, 416), (720, 416)]
)
def test_other_last_rows_are_whole(picture_h, height):
    white = np.full((picture_h, 32, 1), 255, np.uint8)

    assert last_row_share(picture_h, height) == 1
    assert (stretch(white, height, 8) > 0.9999).all()  # the last column of 32 to 8 is whole, too


def test_a_letterboxed_picture_has_the_dark_row_above_its_margin():
    boxed = letterbox(np.full((420, 420, 3), 255, np.uint8), 210, 240)

    assert (boxed[:, 208, 15:225] > 0.9999).all()
    assert (boxed[:, 209, 15:225] < 1e-4).all()
    assert (boxed[:, :, :15] == 0.5).all()


def test_how_many_sizes_have_a_dark_last_row():
    """The figure of docs/parity.md: all heights 2 to 2000 of a picture and of the network."""
    sizes = np.arange(1, 2000, dtype=np.float32)
    last = sizes[:, None] * (sizes / sizes[:, None])

    dark = last < sizes
    assert int(dark.sum()) == 212_070
    heights = (2, 31, 32, 33, 240, 420)
    expected = [[last_row_share(H, h) < 1 for H in heights] for h in (8, 210, 416)]
    got = [[bool(dark[h - 2, H - 2]) for H in heights] for h in (8, 210, 416)]
    assert expected == got


@pytest.mark.oracle
@pytest.mark.parametrize("name", ["dog", "person"])
@pytest.mark.parametrize("kind", ["resize", "letterbox"])
def test_pictures_are_resized_as_by_darknet(shared, name, kind):
    golden = np.load(shared / "golden" / "augment" / "augment.npz")[f"{name}_{kind}_160x128"]
    pixels = read_picture(shared / "golden" / "augment" / f"{name}.jpg")

    ours = {"resize": stretch, "letterbox": letterbox}[kind](pixels, 128, 160)

    np.testing.assert_allclose(ours.numpy(), golden, atol=1e-3)
