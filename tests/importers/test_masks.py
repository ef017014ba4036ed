"""Boxes around COCO's outlines: by hand and as pycocotools has them."""

from __future__ import annotations

import numpy as np
import pytest

from darkpy.importers.masks import segmentation_box


def test_the_box_of_polygons_goes_around_all_of_them():
    assert segmentation_box([[10, 20, 30, 20, 30, 45], [5, 30, 8, 30, 8, 32]]) == (5, 20, 30, 45)


def test_runs_go_down_the_columns():
    # 4 rows, 3 columns: 5 px without, 2 with: rows 1 and 2 of column 1
    assert segmentation_box({"size": [4, 3], "counts": [5, 2, 5]}) == (1, 1, 2, 3)


def test_a_run_over_the_end_of_a_column_reaches_top_and_bottom():
    # px 3..5 of columns of 4: the last of column 0, the first two of column 1
    assert segmentation_box({"size": [4, 3], "counts": [3, 3, 6]}) == (0, 0, 2, 4)


@pytest.mark.parametrize("empty", [[], {"size": [4, 3], "counts": [12]}])
def test_an_empty_outline_has_no_box(empty):
    assert segmentation_box(empty) is None


@pytest.mark.parametrize("seed", range(5))
def test_boxes_of_packed_masks_are_those_of_pycocotools(seed):
    mask = pytest.importorskip("pycocotools.mask")
    rng = np.random.default_rng(seed)
    pixels = np.zeros((90, 70), np.uint8, order="F")
    top, left = rng.integers(0, 60, 2)
    pixels[top : top + 30, left : left + 10] = rng.random((len(pixels[top : top + 30]), 10)) < 0.4
    packed = mask.encode(pixels)
    x, y, w, h = mask.toBbox(packed)

    box = segmentation_box({"size": packed["size"], "counts": packed["counts"].decode()})

    assert box == (x, y, x + w, y + h)
