"""Where anchors of several scales are, and what they overlap."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from darkpy.boxes import iou
from darkpy.model.network import Network
from darkpy.planning.scale_reach import reached
from darkpy.planning.scaled import match_thresh, scaled_heads
from tests.planning.scaled_cfgs import RETINA, SSD, planned


def test_a_head_knows_its_shapes_and_the_distance_of_its_cells():
    fine, coarse = scaled_heads(planned(SSD))

    # 10, the root of 10*20, 10 by the roots of 2 and 1/2.
    expected = [(10, 10), (14.142, 14.142), (14.142, 7.071), (7.071, 14.142)]
    np.testing.assert_allclose(fine.shapes, expected, atol=1e-3)
    assert (fine.step_wh, coarse.step_wh) == ((8, 8), (16, 16))
    assert match_thresh([fine, coarse]) == 0.5
    assert fine.before[0].out.c == 28


def test_heads_are_sorted_by_their_maps_and_split_ones_read_two_layers():
    heads = scaled_heads(planned(RETINA))

    assert [head.stride for head in heads] == [8, 16]
    assert [[before.out.c for before in head.before] for head in heads] == [[18, 36]] * 2
    assert len(heads[0].shapes) == 9


def test_the_best_overlap_by_hand():
    # Anchors of 10 px lie at 4, 12, 20 ...: of a box of 10 px at 20, 20 the one there is the box.
    # One of 10 px at 22, 20 shares 8 * 10 with it: 80 / (100 + 100 - 80).
    heads = scaled_heads(planned(SSD))
    boxes = np.array([(20, 20, 10, 10), (22, 20, 10, 10), (64, 64, 10, 10.0)])

    found = reached(boxes, heads[:1])

    # At 64 the last centre is 60, 4 px off both ways: 36 / 164; the larger square of 14.142 px has
    # (10 + 14.142)/2 - 4 = 8.071 of each side: 65.14 / (100 + 200 - 65.14).
    np.testing.assert_allclose(found, [1, 80 / 120, 65.14 / 234.86], atol=1e-3)


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        (SSD, ()),
        (SSD, (("sizes=10,20", "sizes=10,20\noffset=.3\nclip_anchors=sizes"),)),
        (SSD, (("sizes=20,40", "sizes=50,90\nbetween=last"), ("\nstep=8", ""))),
        (RETINA, ()),
        (RETINA, (("size=16", "sizes=16,30,50"), ("ratios=", "offset=.5\nratios="))),
    ],
)
def test_it_is_what_comparing_with_every_anchor_gives(tmp_path, text, changes):
    plan = planned(text, *changes)
    for old, new in changes:
        text = text.replace(old, new, 1)
    (tmp_path / "my.cfg").write_text(text)
    heads = list(Network.from_cfg(tmp_path / "my.cfg").detecting.values())
    grids = [tuple(head.plan.out[1:]) for head in heads]
    anchors = torch.cat([h.anchors(grid, (64, 64)) for h, grid in zip(heads, grids, strict=True)])
    rng = np.random.default_rng(0)
    boxes = np.hstack((rng.uniform(0, 64, (200, 2)), rng.uniform(2, 60, (200, 2))))

    every = iou(torch.from_numpy(boxes)[:, None] / 64, anchors.double()).amax(dim=1)

    np.testing.assert_allclose(reached(boxes, scaled_heads(plan)), every, atol=1e-6)


def test_nothing_is_reached_where_there_is_no_box():
    assert reached(np.empty((0, 4)), scaled_heads(planned(SSD))).shape == (0,)
