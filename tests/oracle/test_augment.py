"""Augmented pictures and truths against those that Darknet made from the same draws."""

from __future__ import annotations

import numpy as np
import pytest

from darkpy.augment.blur import Blur
from darkpy.augment.colour import Colour
from darkpy.augment.crop import CropWindow
from darkpy.augment.device import training_pictures
from darkpy.augment.flip import Flip
from darkpy.augment.noise import Noise
from darkpy.augment.packed import Slot, pack
from darkpy.augment.paint import paint
from darkpy.augment.parts import Layout, Part, Placed
from darkpy.augment.truths import trainable
from darkpy.data.labels import parse_rows
from darkpy.data.pictures import read_picture

RESIZED = ("resize", "letterbox")  # tests/data/test_resize.py
CASES = [f"dog_{number}" for number in range(9)] + [f"person_{number}" for number in range(9, 18)]


def _on_device(placed: Placed, layout: Layout, pixels: np.ndarray) -> np.ndarray:
    return training_pictures(pack([Slot.of(layout, (placed,), [pixels])]))[0].numpy()


@pytest.mark.oracle
def test_no_case_is_left_out(shared):
    golden = np.load(shared / "golden" / "augment" / "augment.npz")

    cases = {name.removesuffix("_params") for name in golden.files if name.endswith("_params")}
    resized = {f"{picture}_{way}_160x128" for picture in ("dog", "person") for way in RESIZED}
    parts = {f"{case}_{part}" for case in CASES for part in ("params", "image", "truth")}
    assert cases == set(CASES)
    assert set(golden.files) == parts | resized


@pytest.mark.oracle
@pytest.mark.parametrize("form", [paint, _on_device])
@pytest.mark.parametrize("case", CASES)
def test_a_picture_and_its_truths_are_darknets(shared, case, form):
    folder = shared / "golden" / "augment"
    golden = np.load(folder / "augment.npz")
    name = case.split("_")[0]
    width, height, left, top, crop_w, crop_h, mirrored, hue, saturation, exposure, blur = golden[
        f"{case}_params"
    ].tolist()
    pixels = read_picture(folder / f"{name}.jpg")
    rows = np.float32(parse_rows((folder / f"{name}.txt").read_bytes(), name, 80)[0])
    crop = CropWindow(int(left), int(top), int(crop_w), int(crop_h), pixels.shape[:2])
    colour = Colour(hue, saturation, exposure)
    part = Part(crop, Flip(bool(mirrored)), colour, Blur(int(blur)), Noise())
    layout = Layout(int(height), int(width))

    truths = part.flip.truths(crop.truths(np.roll(rows, -1, axis=1)))
    truths = trainable(truths, layout.height, layout.width)
    made = form(Placed(part, truths), layout, pixels)

    off = abs(made.transpose(2, 0, 1).astype(int) - golden[f"{case}_image"])
    assert off.max() <= 2
    assert off.mean() < 0.3
    by_class = truths[np.argsort(truths[:, 4], kind="stable")]
    np.testing.assert_allclose(by_class, golden[f"{case}_truth"], atol=1e-5)
