"""What each layer sees of the picture, and what a picture takes, by hand and against torch."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from darkpy.cfg.reader import parse_cfg
from darkpy.model.network import Network
from darkpy.planning.footprint import memory, receptive_fields, trained_values
from darkpy.planning.network import plan_network, read_network

CFGS = Path(__file__).resolve().parent.parent.parent / "cfg"


def plan_of(body: str, side: int = 32, channels: int = 1):
    net = f"[net]\nbatch=1\nwidth={side}\nheight={side}\nchannels={channels}\n"
    plan = plan_network(parse_cfg((net + body).splitlines(), "test.cfg"))
    assert not plan.findings.errors, plan.findings.errors
    return plan


def sizes(body: str) -> list[tuple[float, float]]:
    return [view.size_hw for view in receptive_fields(plan_of(body))]


def conv(**keys: object) -> str:
    keys = {"filters": 2, "size": 3, "pad": 1, "activation": "linear", **keys}
    return "[convolutional]\n" + "".join(f"{name}={value}\n" for name, value in keys.items())


def test_windows_add_what_lies_one_step_away():
    # 3; then 2 more pixels, 2 px apart: 3 + 2*2; with dilation 2 there are 4 more: 7 + 4*2.
    assert sizes(conv(stride=2) + conv() + conv(dilation=2)) == [(3, 3), (7, 7), (15, 15)]


def test_after_an_upsample_pixels_lie_closer():
    # 2x2/2: 2 px, step 2. The upsample sees no more, step 1. A 3x3 adds 2*1.
    body = "[maxpool]\nsize=2\nstride=2\n[upsample]\nstride=2\n" + conv()

    assert sizes(body) == [(2, 2), (2, 2), (4, 4)]


def test_of_joined_layers_the_widest_counts():
    body = conv() + conv(size=5) + "[route]\nlayers=0\n" + "[route]\nlayers=-1,1\n" + conv()

    # 3; 3 + 4; back to 3; the wider of 3 and 7; 7 + 2.
    assert sizes(body) == [(3, 3), (7, 7), (3, 3), (7, 7), (9, 9)]


def test_height_and_width_are_counted_apart():
    # Vertical step 1, horizontal step 2: the second 3x3 adds 2*1 and 2*2.
    assert sizes(conv(stride_x=2, stride_y=1) + conv()) == [(3, 3), (5, 7)]


def test_a_blur_that_takes_the_stride_over_adds_its_own_window():
    # The kernel steps 1, a 3x3 blur then 2: 3 + 2*1; the next kernel adds 2*2.
    assert sizes(conv(stride=2, antialiasing=1) + conv()) == [(5, 5), (9, 9)]


def test_an_average_sees_all_but_as_a_factor_it_tells_nothing_of_places():
    excite = "[avgpool]\n" + conv(size=1, activation="logistic") + "[scale_channels]\nfrom=-3\n"

    assert sizes(conv() + excite) == [(3, 3), (math.inf,) * 2, (math.inf,) * 2, (3, 3)]


def test_memory_of_three_layers_by_hand():
    body = conv(batch_normalize=1, activation="leaky")
    body += "[maxpool]\nsize=2\nstride=2\n" + conv(filters=3, size=1)
    used = memory(plan_of(body, side=4))

    # Values: input 4*4 = 16, then 2*4*4 = 32, 2*2*2 = 8, 3*2*2 = 12, four bytes each.
    # Inference: 16+32, then 32+8, then 8+12: most at layer 0.
    assert (used.inference, used.peak) == (4 * 48, 0)
    # Training: all of them, what went into the batch norm (32), and 8 indices of 64 bits.
    assert used.training == 4 * (16 + 32 + 32 + 8 + 2 * 8 + 12)


def test_an_output_stays_until_its_last_reader_and_a_lone_route_takes_no_memory():
    body = conv() + conv(filters=1) + "[route]\nlayers=0\n" + conv(filters=5)
    used = memory(plan_of(body, side=1))

    # One pixel each: input 1, then 2, 1, the route is layer 0's own memory, then 5.
    # 1+2; 2+1; still those two; at the last: layer 0 (2) and 5, for layer 1 was read by nobody.
    assert (used.inference, used.peak) == (4 * 7, 3)
    assert used.training == 4 * (1 + 2 + 1 + 5)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["yolov4-tiny", "yolov7-tiny"])
def test_training_memory_covers_what_autograd_keeps_and_little_more(name):
    plan = read_network(CFGS / f"{name}.cfg")
    network = Network(plan).to("meta").train()
    weights = {p.untyped_storage()._cdata for p in [*network.parameters(), *network.buffers()]}
    kept: dict[int, torch.Tensor] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        kept[tensor.untyped_storage()._cdata] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        network(torch.zeros(1, *plan.input, device="meta"))
    real = sum(t.untyped_storage().nbytes() for at, t in kept.items() if at not in weights)

    # Outputs that autograd does not need (of a route or a shortcut) are counted all the same.
    assert real <= memory(plan).training <= 1.15 * real


def test_statistics_of_batch_norm_are_in_the_file_but_are_no_parameters():
    (layer,) = plan_of(conv(batch_normalize=1)).layers

    # 2 filters of 9 weights, 2 biases, 2 scales; and 2 means and 2 variances.
    assert (trained_values(layer), layer.weights) == (22, 26)
