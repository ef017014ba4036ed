"""The one walk over a weights file: which values are whose, and where it ends.

Layer 0 has 2 biases, scales, means, variances and 2 weights: 10 values; layer 1 none; layer 2 has 3
biases and 3*2 weights: 9.
"""

from __future__ import annotations

import pytest

from darkpy.cfg.reader import parse_cfg
from darkpy.planning.network import plan_network
from darkpy.planning.weights_file import ends_inside, layout

CFG = """[net]
width=8
height=8
channels=1
[convolutional]
filters=2
size=1
batch_normalize=1
[maxpool]
size=2
stride=2
[convolutional]
filters=3
size=1
"""
FIRST, LAST = 10, 9


def laid(available: int, cfg: str = CFG):
    return layout(plan_network(parse_cfg(cfg.splitlines(), "my.cfg")).layers, available)


def test_each_layer_begins_where_the_one_before_ends():
    held = laid(FIRST + LAST).layers

    assert [(one.start, one.end) for one in held] == [(0, 10), (10, 10), (10, 19)]


@pytest.mark.parametrize(
    ("available", "reached", "cut"),
    [(0, 0, None), (3, 0, 0), (FIRST, 2, None), (FIRST + 1, 2, 2), (FIRST + LAST, 3, None)],
)
def test_where_a_file_ends(available, reached, cut):
    found = laid(available)

    assert found.reached == reached
    assert (found.cut.layer.index if found.cut else None) == cut


def test_dontload_leaves_a_layer_out_of_all_but_whole_files():
    cfg = CFG.replace("filters=2\n", "filters=2\ndontload=1\n")

    assert [one.count for one in laid(LAST, cfg).layers] == [0, 0, 9]
    assert [one.count for one in laid(FIRST + LAST, cfg).layers] == [10, 0, 9]


def test_a_cut_is_said_with_its_layer_and_line():
    found = laid(FIRST + 5)

    # 9 - 5 = 4 values of 4 bytes
    assert ends_inside(found.cut, found.cut.end - found.available) == (
        "ends inside layer 2 [convolutional] (my.cfg:12), 16 bytes short"
    )
