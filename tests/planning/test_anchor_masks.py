"""Anchors of a cfg's heads, and new ones spread over them."""

from __future__ import annotations

import numpy as np
import pytest

from darkpy.cfg.reader import parse_cfg
from darkpy.errors import UsageError
from darkpy.planning.anchor_masks import (
    anchor_lines,
    anchored_heads,
    present_anchors,
    spread,
    written,
)
from darkpy.planning.network import plan_network

NET = "[net]\nwidth=64\nheight=64\nchannels=3\n"
HALVES = "[convolutional]\nfilters={filters}\nsize=3\nstride={stride}\npad=1\nactivation=linear\n"
YOLO = "[yolo]\nclasses=2\nnum=3\nmask={mask}\nanchors=8,8, 20,10, 40,40\n"
# 2 masks * (4 + 1 + 2 classes) = 14 filters; the stride of the second head is twice the first's.
FINE_FIRST = (
    NET
    + HALVES.format(filters=14, stride=8)
    + YOLO.format(mask="0,1")
    + "[route]\nlayers=-2\n"
    + HALVES.format(filters=7, stride=2)
    + YOLO.format(mask="2")
)
COARSE_FIRST = (
    NET
    + HALVES.format(filters=7, stride=16)
    + YOLO.format(mask="2")
    + "[upsample]\nstride=2\n"
    + HALVES.format(filters=14, stride=1)
    + YOLO.format(mask="0,1")
)
REGION = (
    NET
    + HALVES.format(filters=14, stride=16)
    + "[region]\nclasses=2\nnum=2\nanchors=0.5,0.5, 2,1\n"
)


def heads_of(text):
    plan = plan_network(parse_cfg(text.splitlines(), "my.cfg"))
    assert not plan.findings.errors
    return anchored_heads(plan)


def test_a_head_has_the_anchors_of_its_mask_and_a_stride():
    fine, coarse = heads_of(FINE_FIRST)

    assert (fine.wh.tolist(), fine.stride) == ([[8, 8], [20, 10]], 8)
    assert (coarse.wh.tolist(), coarse.stride) == ([[40, 40]], 16)


def test_anchors_of_a_region_are_cells():
    (head,) = heads_of(REGION)

    # 64 / 16 = 4 cells a side, 16 px each.
    assert head.wh.tolist() == [[8, 8], [32, 16]]
    assert head.in_cells


def test_the_present_anchors_are_those_in_use_smallest_first():
    assert present_anchors(heads_of(COARSE_FIRST)).tolist() == [[8, 8], [20, 10], [40, 40]]
    assert present_anchors([]).shape == (0, 2)


def test_as_many_anchors_as_before_keep_each_heads_share():
    wh = np.array([[100, 100], [200, 200], [300, 300]])

    assert spread(wh, heads_of(FINE_FIRST)) == [(0, 1), (2,)]
    assert spread(wh, heads_of(COARSE_FIRST)) == [(2,), (0, 1)]


@pytest.mark.parametrize(
    ("sides", "masks"),
    [
        # Below 4 * 8 = 32 px: the head of stride 8.
        ([10, 20, 31, 33], [(0, 1, 2), (3,)]),
        ([10, 40, 50, 60], [(0,), (1, 2, 3)]),
        # At least one anchor a head.
        ([10, 12, 14, 16], [(0, 1, 2), (3,)]),
        ([40, 50, 60, 70], [(0,), (1, 2, 3)]),
        ([40, 50], [(0,), (1,)]),
    ],
)
def test_another_number_of_anchors_is_shared_out_by_size(sides, masks):
    wh = np.array([[side, side] for side in sides])

    assert spread(wh, heads_of(FINE_FIRST)) == masks


def test_fewer_anchors_than_heads_are_refused():
    with pytest.raises(UsageError, match="1 anchor for 2 heads"):
        spread(np.array([[5, 5]]), heads_of(FINE_FIRST))


def test_the_lines_to_paste_name_their_place_and_the_new_filters():
    wh = np.array([[5, 7], [10, 20], [25, 30], [50, 60]])

    # Three anchors below 32 px: 3 * 7 = 21 filters; one above: 7, as before.
    assert list(anchor_lines(wh, heads_of(FINE_FIRST))) == [
        "# line 6, [convolutional]",
        "filters=21     (was 14)",
        "# line 11, [yolo]",
        "mask=0,1,2",
        "anchors=  5,  7,  10, 20,  25, 30,  50, 60",
        "num=4",
        "# line 19, [convolutional]",
        "filters=7",
        "# line 24, [yolo]",
        "mask=3",
        "anchors=  5,  7,  10, 20,  25, 30,  50, 60",
        "num=4",
    ]


def test_the_lines_of_a_region_are_in_cells():
    lines = list(anchor_lines(np.array([[8, 24], [20, 40]]), heads_of(REGION)))

    assert lines == [
        "# line 6, [convolutional]",
        "filters=14",
        "# line 11, [region]",
        "anchors=0.5000,1.5000, 1.2500,2.5000",
        "num=2",
    ]


def test_anchors_are_written_as_darknet_does():
    wh = np.array([[5.4, 120.6], [1.25, 2]])

    assert written(wh) == "  5,121,   1,  2"
    assert written(wh, whole=False) == "5.4000,120.6000, 1.2500,2.0000"
