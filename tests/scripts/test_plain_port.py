"""The plain torch modules that a training step is compared with have the cfg's shapes."""

from __future__ import annotations

import torch

from scripts.measuring.plain_port import PlainPort, _pooled


def test_two_pixels_with_a_step_of_one_see_the_next_one():
    pooled = _pooled(2, 1)(torch.tensor([[[[1.0, 3, 2]]]]))

    # 1|3, 3|2, 2|nothing; the row below is nothing (0) too
    assert pooled.tolist() == [[[[3, 3, 2]]]]


def test_the_heads_of_yolov3_tiny_have_their_cells():
    with torch.no_grad():
        raw = PlainPort("cfg/yolov3-tiny.cfg")(torch.rand(2, 3, 64, 64))

    assert [tuple(values.shape[2:]) for values in raw] == [(2, 2), (4, 4)]
