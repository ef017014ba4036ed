"""Sections of a group are one detector: what stands in one of them counts for all."""

from __future__ import annotations

import pytest

from darkpy.errors import CfgError
from darkpy.planning.network import read_network

NET = "[net]\nwidth=32\nheight=32\nchannels=3\n"
MAP = "[convolutional]\nfilters={filters}\nsize=1\nstride={stride}\nactivation=linear\n"


@pytest.fixture
def planned(tmp_path):
    """Plans a network of heads, each behind a convolution; filters as two classes want them."""

    def plan(*heads, filters=28):
        text = NET
        for number, head in enumerate(heads):
            text += MAP.format(filters=filters, stride=number + 1) + "[ssd]\nsizes=8,16\n" + head
        (tmp_path / "net.cfg").write_text(text)
        return read_network(tmp_path / "net.cfg")

    return plan


def test_keys_of_the_group_may_stand_in_any_section(planned):
    plan = planned("nms=.3\n", "classes=2\nvariance=1,1,1,1\n")

    for head in plan.detecting:
        assert head.options.classes == 2
        assert head.options.nms == 0.3
        assert head.options.variance == (1, 1, 1, 1)
        assert head.group == (1, 3)


def test_keys_of_the_map_alone_stay_where_they_are(planned):
    plan = planned("classes=2\nstep=4\n", "stopbackward=1\n")

    assert [head.options.step for head in plan.detecting] == [4, 0]
    assert [head.options.stopbackward for head in plan.detecting] == [0, 1]


def test_the_last_head_reads_the_maps_of_all(planned):
    first, last = planned("classes=2\n", "").detecting

    assert first.sources == (0,)
    assert last.sources == (2, 0)
    assert [shape.h for shape in last.inputs] == [16, 32]


def test_a_contradiction_is_said_with_both_lines(planned, tmp_path):
    with pytest.raises(CfgError) as caught:
        planned("classes=2\n", "classes=3\n")

    assert f"{tmp_path}/net.cfg:20: [ssd] classes=3 contradicts line 12, classes=2" in str(
        caught.value
    )


def test_the_same_value_written_differently_is_no_contradiction(planned):
    plan = planned("classes=2\nnms=.5\n", "nms=0.50\n")

    assert [head.options.nms for head in plan.detecting] == [0.5, 0.5]


def test_another_group_is_another_detector(planned):
    plan = planned("classes=2\nnms=.5\n", "classes=2\nnms=.3\ngroup=1\n")

    assert [head.options.nms for head in plan.detecting] == [0.5, 0.3]
    assert [head.group for head in plan.detecting] == [(1,), (3,)]


def test_a_mistake_in_a_shared_key_is_said_once_where_it_stands(planned):
    with pytest.raises(CfgError) as caught:
        planned("classes=two\n", "", "")

    assert str(caught.value).count("classes=two is not int") == 1
    assert "net.cfg:12:" in str(caught.value)


SPLIT = """[net]
width=32
height=32
channels=3
[convolutional]
filters=8
size=3
pad=1
activation=leaky
[convolutional]
filters={first}
size=1
activation=linear
[route]
layers=-2
[convolutional]
filters={second}
size=1
activation=linear
[route]
layers={order}
[ssd]
classes=2
sizes=8,16
layout=split
"""


def split_errors(tmp_path, first, second, order):
    (tmp_path / "net.cfg").write_text(SPLIT.format(first=first, second=second, order=order))
    try:
        read_network(tmp_path / "net.cfg")
    except CfgError as error:
        return str(error)
    return ""


def test_a_split_layout_reads_all_scores_first_then_all_boxes(tmp_path):
    # 4 anchors: 4 * 3 scores with the background, 4 * 4 offsets.
    assert split_errors(tmp_path, 12, 16, "-3,-1") == ""
    assert "reads the scores first" in split_errors(tmp_path, 16, 12, "-3,-1")
    wrong = split_errors(tmp_path, 10, 16, "-3,-1")
    assert "needs 12 channels with the scores and 16 with the boxes" in wrong
    assert "the layer before has 10 and 16" in wrong


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("sizes=8\n", "sizes= needs two numbers"),
        ("sizes=8,16,32\n", "sizes= needs two numbers"),
        ("sizes=8,16\nvariance=.1,.1,.2\n", "variance= needs four numbers above 0"),
        ("sizes=8,0\n", "need numbers above 0"),
        ("sizes=8,16\nratios=1,0\n", "need numbers above 0"),
        ("sizes=8,16\nbetween=none\n", "needs filters=21"),
    ],
)
def test_mistakes_in_an_ssd_are_said_where_they_are(tmp_path, keys, said):
    text = NET + MAP.format(filters=28, stride=1) + f"[ssd]\nclasses=2\n{keys}"
    (tmp_path / "net.cfg").write_text(text)

    with pytest.raises(CfgError, match=said):
        read_network(tmp_path / "net.cfg")
