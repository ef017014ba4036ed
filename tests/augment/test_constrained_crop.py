"""SSD's crop: which windows are offered, which is taken, which objects stay."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from darkpy.augment import constrained_crop
from darkpy.augment.constrained_crop import KERNELS, ConstrainedCrop
from darkpy.augment.crop import CropWindow

PICTURE = (300, 400)
WHOLE = CropWindow.whole(PICTURE)
LEAST = (0.1, 0.3, 0.5, 0.7, 0.9)
TWO = np.float32([[0.5, 0.5, 0.5, 0.5, 1], [0.3, 0.6, 0.4, 0.5, 2]])


def _iou(window: CropWindow, truth: np.ndarray) -> float:
    """By the definition, of a window and an object, px."""
    cx, cy, w, h = truth[:4] * (400, 300, 400, 300)
    left, right = max(window.left, cx - w / 2), min(window.left + window.width, cx + w / 2)
    top, bottom = max(window.top, cy - h / 2), min(window.top + window.height, cy + h / 2)
    common = max(0, right - left) * max(0, bottom - top)
    return common / (window.width * window.height + w * h - common)


@pytest.mark.parametrize("least", LEAST)
def test_what_is_offered_for_an_overlap_has_it_with_every_object(least):
    rng, offered = np.random.default_rng(0), []
    for _ in range(100):
        boxes = constrained_crop._corners_px(TWO, WHOLE)
        found = constrained_crop._fitting(rng, WHOLE, boxes, (least,))
        offered.append(len(found))
        for left, top, right, bottom in found[: len(found) - 1].tolist():
            window = CropWindow(left, top, right - left, bottom - top, PICTURE)
            assert min(_iou(window, truth) for truth in TWO) >= least

    # The one without a condition is always there. The objects are 100..300 x 75..225 and
    # 40..200 x 105..255
    # px, their IoU is 12/42: .1 is always found, and .7 with both cannot be: .3 + .3 < 30/42.
    assert set(offered) <= {1, 2}
    assert offered.count(2) / 100 == {0.1: 1, 0.7: 0, 0.9: 0}.get(least, offered.count(2) / 100)
    assert offered.count(2) > 50 or least >= 0.5


def test_the_first_of_fifty_tries_that_fits_is_offered():
    boxes = constrained_crop._corners_px(TWO, WHOLE)
    found = constrained_crop._fitting(np.random.default_rng(5), WHOLE, boxes, (0.3,))
    tries = constrained_crop._windows(np.random.default_rng(5), 100, WHOLE)

    windows = [CropWindow(x, y, r - x, b - y, PICTURE) for x, y, r, b in tries.tolist()]
    fits = [n for n in range(50) if min(_iou(windows[n], truth) for truth in TWO) >= 0.3]
    np.testing.assert_array_equal(found, tries[[fits[0], 50]])


def test_the_tries_keep_to_the_limits_of_scale_and_aspect():
    tries = constrained_crop._windows(np.random.default_rng(0), 20_000, WHOLE)
    wide, high = (tries[:, 2:] - tries[:, :2]).T / np.array(((400,), (300,)))

    scale, aspect = np.sqrt(wide * high), wide / high
    # A whole px less is up to 1 % of the smallest side.
    assert 0.3 * 0.98 < scale.min() < 0.31
    assert 0.98 < scale.max() <= 1
    assert (aspect > np.maximum(0.5, scale**2) * 0.97).all()
    assert (aspect < np.minimum(2, 1 / scale**2) * 1.03).all()
    # The scale is uniform: mean .65; small ones take every aspect from .5 to 2, mean 1.25.
    assert abs(scale.mean() - 0.65) < 0.005 + 4 * 0.7 / np.sqrt(12 * 20_000)
    some = aspect[scale < 0.7]
    assert abs(some.mean() - 1.25) < 0.01 + 4 * 1.5 / np.sqrt(12 * len(some))
    assert tries.min() >= 0
    assert (tries[:, 2:] <= (400, 300)).all()


def test_every_place_that_there_is_room_for_is_taken():
    tries = constrained_crop._windows(np.random.default_rng(0), 20_000, WHOLE)
    room = (400, 300) - (tries[:, 2:] - tries[:, :2])
    for axis in (0, 1):
        some = room[:, axis] > 100
        shares = tries[some, axis] / room[some, axis]
        assert (shares.min(), shares.max()) == (0, 1)
        assert abs(shares.mean() - 0.5) < 4 / np.sqrt(12 * some.sum())


def test_the_whole_and_what_is_offered_are_taken_alike(monkeypatch):
    # Two windows with the middle of the first object at 200, 150 px, one without any middle.
    offered = np.array([(10, 10, 390, 290), (150, 100, 250, 200), (0, 0, 60, 60)])
    monkeypatch.setattr(constrained_crop, "_fitting", lambda *_: offered)
    rng = np.random.default_rng(0)

    taken = Counter(
        ConstrainedCrop.drawn(rng, WHOLE, TWO, overlaps=LEAST).margins for _ in range(6000)
    )

    # Of 6,000 a third each is 2,000 +- 37.
    assert set(taken) == {(0, 0, 0, 0), (10, 10, 10, 10), (150, 150, 100, 100)}
    assert max(abs(count - 2000) for count in taken.values()) < 4 * 37


def test_kernels_are_drawn_alike():
    rng = np.random.default_rng(0)
    counts = Counter(
        ConstrainedCrop.drawn(rng, WHOLE, TWO, overlaps=LEAST).kernel for _ in range(5000)
    )

    assert set(counts) == set(KERNELS.values())
    # 1,000 +- 28 each.
    assert max(abs(count - 1000) for count in counts.values()) < 4 * 28.3


def test_some_object_keeps_its_centre_in_every_crop():
    small = np.float32([[0.05, 0.05, 0.06, 0.06, 0], [0.9, 0.95, 0.05, 0.08, 1]])
    rng = np.random.default_rng(0)
    for _ in range(300):
        crop = ConstrainedCrop.drawn(rng, WHOLE, small, overlaps=LEAST)
        kept = crop.kept(small)
        assert 1 <= len(kept) <= 2
        for truth in small:
            x, y = truth[:2] * (400, 300)
            inside = 0 < x - crop.left < crop.width and 0 < y - crop.top < crop.height
            assert inside == (truth[4] in kept[:, 4])


def test_without_objects_the_whole_canvas_is_taken():
    rng = np.random.default_rng(0)
    canvas = CropWindow(-100, -50, 800, 600, PICTURE)

    crop = ConstrainedCrop.drawn(rng, canvas, TWO[:0], overlaps=LEAST)
    outside = np.float32([[1.5, 1.6, 0.1, 0.1, 0]])
    lost = ConstrainedCrop.drawn(rng, WHOLE, outside, overlaps=LEAST)

    assert crop.margins == (-100, -300, -50, -250)
    assert lost.margins == (0, 0, 0, 0)


def test_overlaps_are_those_on_the_canvas():
    # On a canvas twice as wide and high, the object of all the picture is a quarter of it: a
    # window can have at most IoU .25 / .25 = 1 with it if it is as small, and reaches beyond.
    canvas = CropWindow(-200, -150, 800, 600, PICTURE)
    full = np.float32([[0.5, 0.5, 1, 1, 0]])
    rng = np.random.default_rng(0)
    found = [ConstrainedCrop.drawn(rng, canvas, full, overlaps=(0.7,)) for _ in range(400)]

    ious = np.array([_iou(crop, full[0]) for crop in found])
    assert (ious >= 0.7).mean() > 0.1
    assert min(crop.left for crop in found) < 0
    assert all(crop.picture == PICTURE for crop in found)


def test_a_crop_in_other_margins_keeps_its_kernel():
    crop = ConstrainedCrop(10, 20, 100, 90, PICTURE, KERNELS["cubic"])

    moved = crop.with_margins(5, 5, 10, 20)

    assert (moved.margins, moved.kernel) == ((5, 5, 10, 20), KERNELS["cubic"])
