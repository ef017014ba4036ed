"""-show_imgs: what is shown, written and said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from darkpy.augment.blur import BACKGROUND, Blur
from darkpy.augment.colour import Colour
from darkpy.augment.constrained_crop import KERNELS, ConstrainedCrop
from darkpy.augment.crop import CropWindow
from darkpy.augment.distort import Distort
from darkpy.augment.flip import Flip
from darkpy.augment.mosaic import Mosaic
from darkpy.augment.noise import Noise
from darkpy.augment.parts import Draw, Layout, Part
from darkpy.augment.rotation import Rotation
from darkpy.data.pictures import read_picture
from darkpy.session import preview

PLAIN = Part(CropWindow.whole((100, 200)), Flip(), Colour(), Blur(), Noise())


def test_a_plain_picture_is_described_by_its_crop_alone():
    assert preview.words(Draw(Layout(64, 64), (PLAIN,))) == ["crop % l r t b +0 +0 +0 +0"]


def test_every_drawn_value_is_named():
    # 20 of 200 px cut off at the left, 40 at the right, 10 of 100 added at the top.
    crop = CropWindow.from_margins((100, 200), 20, 40, -10, 0)
    colour = Colour(hue=-0.1, saturation=1.25, exposure=0.5)
    part = Part(crop, Flip(True), colour, Blur(5), Noise(7, 0), rotation=Rotation(-12.4))

    assert preview.words(Draw(Layout(64, 64), (part,))) == [
        "turn -12 crop % l r t b +10 +20 -10 +0 flip",
        "hue -36 sat 1.25 exp 0.50 blur up to 5 noise 7",
    ]


def test_ssds_draws_are_named_in_the_order_in_which_they_are_done():
    crop = ConstrainedCrop(20, 0, 180, 100, (100, 200), KERNELS["area"])
    distort = Distort(brightness=-8, contrast=0.75, saturation=1.5, hue=9, contrast_first=False)
    part = Part(crop, Flip(), Colour(), Blur(), Noise(), distort=distort)

    assert preview.words(Draw(Layout(64, 64), (part,))) == [
        "crop % l r t b +10 +0 +0 +0 area",
        "bright -8 sat 1.50 hue +9 contrast 0.75",
    ]
    first = replace(part, distort=replace(distort, contrast_first=True))
    assert (
        preview.words(Draw(Layout(64, 64), (first,)))[1]
        == "bright -8 contrast 0.75 sat 1.50 hue +9"
    )


def test_joined_pictures_have_a_line_each():
    blurred = Part(PLAIN.crop, Flip(), Colour(), Blur(BACKGROUND), Noise())
    mosaic = Layout(64, 64, 4, Mosaic(cut_x=20, cut_y=30, height=64, width=64))

    assert preview.words(Draw(mosaic, (PLAIN, PLAIN, PLAIN, blurred))) == [
        "mosaic cut at 20,30",
        "1: crop % l r t b +0 +0 +0 +0",
        "2: crop % l r t b +0 +0 +0 +0",
        "3: crop % l r t b +0 +0 +0 +0",
        "4: crop % l r t b +0 +0 +0 +0 / background blur",
    ]
    assert preview.words(Draw(Layout(64, 64, 2), (PLAIN, PLAIN)))[0] == "mixup of two"
    mixed = Draw(Layout(64, 64, 5, Mosaic(20, 30, 64, 64)), (PLAIN,) * 5)
    assert preview.words(mixed)[0] == "mosaic cut at 20,30, mixed with 5"


@pytest.mark.parametrize("augment", ["cpu", "device"])
def test_the_sheet_and_the_pictures_are_written(project, augment):
    project.change_cfg("hue=.02", "hue=.02\nmosaic=1")
    flags = ("-show_imgs", "-time_limit_sec", 0, "-augment", augment)

    status, out, _ = project.train(*flags)

    assert status == 0
    assert "augmented pictures: augmentations.jpg and aug_1.jpg to aug_16.jpg" in out
    # The input is 64 px: on the sheet every pixel is 7 x 7, 448 px; 4 columns, gaps of 8.
    assert read_picture("augmentations.jpg").shape[1] == 4 * 448 + 5 * 8
    assert read_picture("aug_16.jpg").shape == (64, 64, 3)
    assert not project.final.exists()


def test_windows_open_where_there_is_a_screen_and_nobody_said_no(project, monkeypatch):
    shown = []
    monkeypatch.setattr(preview, "show_picture", lambda title, pixels: not shown.append(pixels))
    flags = ("-show_imgs", "-time_limit_sec", 0, "-nogpu", "-seed", 1, "-threads", 0)

    _, out, _ = project.run("detector", "train", project.data, project.cfg, *flags)

    assert len(shown) == 16
    assert "augmented pictures: augmentations.jpg\n" in out
    assert not (project.folder / "aug_1.jpg").exists()
    shown.clear()
    project.train("-show_imgs", "-time_limit_sec", 0)  # with -dont_show
    assert not shown


def test_without_a_screen_files_take_the_place_of_windows(project, monkeypatch):
    asked = []
    monkeypatch.setattr(preview, "show_picture", lambda title, pixels: asked.append(title))
    flags = ("-show_imgs", "-time_limit_sec", 0, "-nogpu", "-seed", 1, "-threads", 0)

    project.run("detector", "train", project.data, project.cfg, *flags)

    # The first one says that there is none.
    assert len(asked) == 1
    assert np.ptp(read_picture("aug_1.jpg")) > 100
