"""Layers that lead nowhere."""

from __future__ import annotations


def test_a_layer_that_no_later_layer_reads(check):
    checked = check(("layers=-3", "layers=-3\n\n[maxpool]\n\n[route]\nlayers=0"))

    found = checked.only("warning", "is layer 4, which no later layer reads")
    assert found.line == checked.line("[maxpool]")


def test_a_layer_that_shares_its_weights_only_is_read(check):
    """share_index= reads a layer without being one of its `sources`."""
    shared = "share_index=0\nfilters=8\nsize=3\nstride=32\npad=1\nactivation=leaky"
    first = shared.removeprefix("share_index=0\n")
    text = f"""[net]
width=64
height=64
channels=3

[convolutional]
{first}

[empty]

[convolutional]
{shared}

[softmax]
"""
    assert "no later layer reads" not in str(check(text=text).items)


def test_a_layer_that_goes_on_from_a_heads_boxes(check):
    checked = check(("layers=-3", "layers=-1"))

    found = checked.only("warning", "reads the boxes of the [yolo] of line 28")
    assert found.line == checked.line("layers=-1")


def test_a_layer_right_after_a_head_without_a_route(check):
    checked = check(("[route]\nlayers=-3\n", ""))

    assert checked.only("warning", "is a [route] missing").line == checked.line("[upsample]")
