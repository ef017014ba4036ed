"""Sizes and ratios from boxes."""

from __future__ import annotations

import numpy as np
import pytest

from darkpy.planning.scale_reach import reached
from darkpy.planning.scale_search import ScaleKeys, fitting_scales
from darkpy.planning.scaled import comma_separated, scaled_heads
from tests.planning.scaled_cfgs import RETINA, SSD, planned

FAR_OFF = (("sizes=10,20", "sizes=3,4"), ("sizes=20,40", "sizes=4,5"))


def _boxes(rng: np.random.Generator, count: int = 400) -> np.ndarray:
    """Tall boxes, three times as high as wide, of 12 or 40 px (root of the area)."""
    side = rng.choice((12.0, 36.0), count) * rng.uniform(0.95, 1.05, count)
    wh = np.column_stack((side / np.sqrt(3), side * np.sqrt(3)))
    return np.hstack((rng.uniform(10, 54, (count, 2)), wh))


@pytest.mark.parametrize(
    ("text", "changes"),
    [(SSD, ()), (SSD, FAR_OFF), (RETINA, ()), (RETINA, (("size=8", "size=2"),))],
)
def test_what_is_found_reaches_more_boxes_and_keeps_the_number_of_anchors(text, changes):
    heads = scaled_heads(planned(text, *changes))
    boxes = _boxes(np.random.default_rng(0))

    found = fitting_scales(heads, boxes, 64)

    before, after = reached(boxes, heads), reached(boxes, found)
    assert after.mean() > before.mean() + 0.1
    assert (after >= 0.5).mean() > (before >= 0.5).mean()
    assert [len(head.shapes) for head in found] == [len(head.shapes) for head in heads]


def test_the_tall_shape_is_found():
    # In the middle of a fine cell, where nothing but the shape counts.
    boxes = _boxes(np.random.default_rng(0))
    boxes[:, :2] = boxes[:, :2] // 8 * 8 + 4
    found = fitting_scales(scaled_heads(planned(SSD)), boxes, 64)

    # One of the two free ratios is near 1/3.
    assert min(abs(ratio - 1 / 3) for ratio in found[0].plan.options.ratios) < 0.06
    assert found[0].plan.options.ratios[0] == 1


def test_the_second_size_of_a_map_is_the_first_of_the_next():
    found = fitting_scales(scaled_heads(planned(SSD)), _boxes(np.random.default_rng(0)), 64)
    sizes = [head.plan.options.sizes for head in found]

    assert sizes[0][1] == sizes[1][0]
    assert sizes[0][0] <= sizes[0][1] <= sizes[1][1]
    assert all(size == round(size) for own in sizes for size in own)


def test_levels_of_retina_share_ratios_and_have_sizes_of_their_own():
    found = fitting_scales(scaled_heads(planned(RETINA)), _boxes(np.random.default_rng(0)), 64)
    options = [head.plan.options for head in found]

    assert options[0].ratios == options[1].ratios
    assert [len(one.sizes) for one in options] == [3, 3]
    assert {one.size for one in options} == {0}


def test_what_fits_already_stays():
    heads = scaled_heads(planned(SSD))
    wh = np.concatenate([head.shapes for head in heads])
    cells = np.concatenate([np.full((4, 2), 4 + 8 * 3), np.full((4, 2), 8 + 16 * 1)])
    boxes = np.tile(np.hstack((cells, wh)), (20, 1))

    found = fitting_scales(heads, boxes, 64)

    assert reached(boxes, heads).min() > 0.999
    assert [head.plan.options.sizes for head in found] == [(10, 20), (20, 40)]
    assert found[0].plan.options.ratios == (1, 2, 0.5)


def test_a_map_with_fewer_ratios_takes_the_first_of_them():
    heads = scaled_heads(
        planned(SSD, ("ratios=1,2,.5", "ratios=1,2"), ("filters=28", "filters=21"))
    )
    layout = ScaleKeys(heads)

    keys = list(layout.keys(layout.present()))

    assert [own["ratios"] for own in keys] == [(1, 2), (1, 2, 0.5)]


def test_numbers_are_written_as_a_cfg_has_them():
    assert comma_separated((10.0, 1.58)) == "10,1.58"
