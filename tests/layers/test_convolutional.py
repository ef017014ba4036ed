from __future__ import annotations

import json
import math
import subprocess
import sys
import textwrap

import pytest
import torch

from darkpy.data.pictures import read_picture
from darkpy.inference.classifier import Classifier
from darkpy.layers.excitation import covered, strength
from darkpy.model.network import Network
from darkpy.model.weights import load_weights
from tests.conftest import ROOT
from tests.layers.single import channels, layer_of, picture, set_values

ONE = "[convolutional]\nfilters=1\nsize=3\nactivation=linear\n"


def test_a_kernel_is_not_mirrored_and_pad_is_half_of_size():
    layer = layer_of(ONE + "pad=1", 1, 1, 3)
    set_values(layer, biases=0.5, weights=[0, 0, 0, 1, 10, 100, 0, 0, 0])
    # 1 2 3 with a zero on each side: 1 * left + 10 * middle + 100 * right + .5.
    assert layer(picture([1, 2, 3])).flatten().tolist() == [210.5, 321.5, 32.5]


def test_padding_counts_only_without_pad():
    assert layer_of(ONE + "padding=2", 1, 3, 3).plan.out == (1, 5, 5)
    assert layer_of(ONE + "padding=2\npad=1", 1, 3, 3).plan.out == (1, 3, 3)


def test_same_tf_puts_an_odd_margin_right_and_below():
    layer = layer_of(ONE + "pad=same_tf\nstride=2", 1, 1, 4)
    set_values(layer, weights=[0, 0, 0, 1, 10, 100, 0, 0, 0])
    # 1 2 3 4 0: windows 1 2 3 and 3 4 0; with pad=1 they are 0 1 2 and 2 3 4. Of one row nothing
    # lies above, and it is the kernel's middle one: 3 - 1 = 2 rows are missing, one on each side.
    assert layer(picture([1, 2, 3, 4])).flatten().tolist() == [321, 43]
    # Of five in a row two are missing, one on each side: 0 1 2, 2 3 4, 4 5 0, as with pad=1.
    odd = layer_of(ONE + "pad=same_tf\nstride=2", 1, 1, 5)
    set_values(odd, weights=[0, 0, 0, 1, 10, 100, 0, 0, 0])
    assert odd(picture([1, 2, 3, 4, 5])).flatten().tolist() == [210, 432, 54]


@pytest.mark.parametrize("side", [7, 8, 9, 10])
@pytest.mark.parametrize(
    ("size", "stride", "dilation"),
    [(3, 2, 1), (5, 2, 1), (2, 1, 1), (4, 3, 1), (3, 2, 2), (3, 1, 1), (1, 2, 1)],
)
def test_same_tf_is_padding_by_hand_and_no_margin(side, size, stride, dilation):
    keys = f"[convolutional]\nfilters=2\nactivation=linear\nsize={size}\nstride={stride}\n"
    layer = layer_of(keys + f"dilation={dilation}\npad=same_tf", 3, side, side + 1)
    x = torch.randn(2, 3, side, side + 1)
    # What is missing, so that ceil(side / stride) windows fit: the smaller half before.
    lacks = [
        max(0, (math.ceil(n / stride) - 1) * stride + (size - 1) * dilation + 1 - n)
        for n in (side + 1, side)
    ]
    margins = [half for n in lacks for half in (n // 2, n - n // 2)]
    by_hand = torch.nn.functional.conv2d(
        torch.nn.functional.pad(x, margins), layer.conv.weight, layer.conv.bias, stride, 0, dilation
    )
    torch.testing.assert_close(layer(x), by_hand, rtol=0, atol=1e-6)
    assert layer.plan.out == (2, math.ceil(side / stride), math.ceil((side + 1) / stride))


def test_300_px_become_19_10_5_3_2_1_as_in_tensorflow():
    sides, side = [], 300
    for _ in range(9):
        side = layer_of(ONE + "pad=same_tf\nstride=2", 1, side, side).plan.out.h
        sides.append(side)
    assert sides == [150, 75, 38, 19, 10, 5, 3, 2, 1]


def test_batch_norm_divides_by_the_root_of_variance_plus_eps():
    layer = layer_of("[convolutional]\nbatch_normalize=1\nactivation=linear", 1, 1, 1)
    set_values(layer, biases=1, scales=3, rolling_mean=2, rolling_variance=4 - 1e-5, weights=1)
    # (6 - 2) / sqrt(4) * 3 + 1.
    assert layer(channels(6)).item() == pytest.approx(7)


def test_statistics_move_by_a_hundredth_with_the_unbiased_variance():
    layer = layer_of("[convolutional]\nbatch_normalize=1\nactivation=linear", 1, 1, 2).train()
    set_values(layer, weights=1)
    layer(picture([1, 3]))
    # Mean 2, variance (1 + 1) / (2 - 1) = 2, of which a hundredth; both began at 0.
    assert layer.norm.running_mean.item() == pytest.approx(0.02)
    assert layer.norm.running_var.item() == pytest.approx(0.02)


def test_first_weights_lie_within_the_root_of_two_over_the_fan_in():
    layer = layer_of("[convolutional]\nfilters=64\nsize=3\ngroups=2", 8, 5, 5)
    bound = math.sqrt(2 / (9 * 4))
    assert 0.95 * bound < layer.conv.weight.abs().max().item() <= bound
    assert layer.conv.bias.abs().max() == 0


def test_norm_chan_begins_with_ones():
    layer = layer_of("[convolutional]\nfilters=2\nactivation=normalize_channels", 3, 2, 2)
    assert layer.conv.weight.unique().tolist() == [1]


def test_groups_see_their_own_channels():
    layer = layer_of("[convolutional]\nfilters=2\ngroups=2\nactivation=linear", 4, 1, 1)
    set_values(layer, weights=[1, 10, 100, 1000])
    assert layer(channels(1, 2, 3, 4)).flatten().tolist() == [21, 4300]


def test_dilation_spreads_taps_and_margin():
    layer = layer_of(ONE + "pad=1\ndilation=2", 1, 1, 5)
    set_values(layer, weights=[0, 0, 0, 1, 10, 100, 0, 0, 0])
    # Taps two apart: for the third of 1 2 3 4 5 they are 1, 3 and 5.
    assert layer(picture([1, 2, 3, 4, 5])).flatten().tolist() == [310, 420, 531, 42, 53]
    assert layer_of("[convolutional]\ndilation=4", 1, 2, 2).plan.out == (1, 2, 2)


def test_antialiasing_blurs_at_full_size_and_then_takes_the_stride():
    layer = layer_of("[convolutional]\nstride=2\nantialiasing=1\nactivation=linear", 1, 3, 3)
    set_values(layer, weights=1)
    one = picture([0, 0, 0], [0, 16, 0], [0, 0, 0])
    # Every second px of the blur 1 2 1 x 1 2 1 / 16: its corners, each 1 px off the middle.
    assert layer(one).flatten().tolist() == [1, 1, 1, 1]


def test_binary_weights_are_signs_times_the_mean_size_of_their_filter():
    layer = layer_of("[convolutional]\nbinary=1\nactivation=linear", 4, 1, 1).train()
    set_values(layer, weights=[1, -2, 3, 0])
    x = channels(1, 1, 2, 4)
    # Mean size (1 + 2 + 3 + 0) / 4 = 1.5; zero counts as negative: 1.5 * (1 - 1 + 2 - 4).
    output = layer(x)
    assert output.item() == pytest.approx(-3)
    output.backward()
    assert layer.conv.weight.grad.flatten().tolist() == [1, 1, 2, 4]


def test_xnor_also_takes_the_signs_of_the_input_and_stops_gradients_of_large_ones():
    layer = layer_of("[convolutional]\nxnor=1\nactivation=linear", 4, 1, 1).train()
    set_values(layer, weights=[1, -2, 3, 2])
    x = channels(0.5, -0.25, 7, 0).requires_grad_()
    # Mean size 2, signs of the input 1 -1 1 1: 2 * (1 + 1 + 1 + 1).
    output = layer(x)
    assert output.item() == pytest.approx(8)
    output.backward()
    assert x.grad.flatten().tolist() == [2, -2, 0, 2]


def test_coordconv_replaces_three_channels_by_x_y_and_distance():
    layer = layer_of("[convolutional]\nfilters=4\ncoordconv=1\nactivation=linear", 1, 2, 4)
    set_values(layer, biases=9, weights=0)
    x, y, distance, rest = layer(torch.zeros(2, 1, 2, 4))[1]
    assert x.tolist() == [[-1, -0.5, 0, 0.5]] * 2
    assert y.tolist() == [[-1] * 4, [0] * 4]
    assert distance[1].tolist() == [1, 0.5, 0, 0.5]
    assert distance[0, 0].item() == pytest.approx(math.sqrt(2))
    assert rest.unique().tolist() == [9]


def stepped(text: str, gradient: list[float], c: int, size: int = 1, net: str = "") -> torch.Tensor:
    """The gradient of the weights as the optimizer gets it."""
    layer = layer_of(text, c, size, size, net=net)
    layer.begin(1)
    layer.conv.weight.grad = torch.tensor(gradient).view(layer.conv.weight.shape)
    layer.before_step()
    return layer.conv.weight.grad


def test_grad_centr_takes_the_mean_of_a_filter_off_its_gradient():
    text = "[convolutional]\nbatch_normalize=1\ngrad_centr=1"
    # 32 weights, of which one has a gradient of 32: the mean is 1.
    centred = stepped(text, [32.0] + [0] * 31, 32)
    assert centred.flatten().tolist() == [31] + [-1] * 31
    # Filters whose length is no multiple of 32 are left alone, as on the GPU.
    assert stepped(text, [4.0, 0], 2).flatten().tolist() == [4, 0]


def test_reverse_moves_by_a_power_of_ten_times_the_update_plus_one():
    text = "[convolutional]\nreverse=-1"
    # The gradients are means of 4 pictures; of the sum s: 1 / (10 * |s| + 1), divided again.
    reversed_ = stepped(text, [0.1, -0.225, 0.0], 3, net="batch=4")
    assert reversed_.flatten().tolist() == pytest.approx([1 / 5 / 4, -1 / 10 / 4, -1 / 4])


def test_clip_limits_weights_after_the_step():
    layer = layer_of("[convolutional]\nclip=.5", 3, 1, 1)
    set_values(layer, weights=[-2, 0.25, 0.75])
    layer.after_step()
    assert layer.conv.weight.flatten().tolist() == [-0.5, 0.25, 0.5]


def test_rotate_turns_the_first_quarter_into_the_others_until_half_of_the_training():
    text = "[convolutional]\nfilters=4\nsize=3\npad=1\nrotate=1"
    layer = layer_of(text, 1, 3, 3, net="max_batches=100")
    corner = [1.0, 0, 0, 0, 0, 0, 0, 0, 0]
    set_values(layer, weights=corner + [7.0] * 27)
    layer.begin(51)
    layer.after_step()
    assert layer.conv.weight[1, 0].unique().tolist() == [7]
    layer.begin(50)
    layer.after_step()
    places = [tuple(kernel[0].nonzero()[0].tolist()) for kernel in layer.conv.weight]
    assert places == [(0, 0), (0, 2), (2, 2), (2, 0)]  # clockwise


def test_excitation_fades_with_half_a_cosine():
    net = layer_of(ONE + "pad=1", 1, 1, 1, net="max_batches=1000\nburn_in=100").plan.net
    assert strength(1, 0, net) == 1
    assert strength(1, 500, net) == pytest.approx(0.5)
    assert strength(1, 501, net) == 0
    # Another value is the last iteration, of a cosine over burn_in more: (1 + cos(pi * 2/3)) / 2.
    assert strength(200, 99, net) == 0
    assert strength(200, 200, net) == pytest.approx(0.25)
    assert strength(200, 201, net) == 0


def test_excitation_covers_pixels_that_a_box_touches():
    boxes = torch.tensor([[[0.5, 0.5, 0.2, 0.5], [0, 0, 0, 0]]])
    mask = covered(boxes, 4, 8)[0, 0]
    # x from .4 * 8 = 3.2 to 4.8: 3 to 5, the last included; y from 1 to 3, the last left out.
    assert mask.nonzero().tolist() == [[y, x] for y in (1, 2) for x in (3, 4, 5)]


def test_excitation_adds_the_mean_of_the_channels_in_training_only():
    text = "[convolutional]\nfilters=2\nactivation=linear\nassisted_excitation=1"
    layer = layer_of(text, 1, 1, 2, net="max_batches=100").train()
    set_values(layer, weights=[1, 3])
    layer.begin(1, torch.tensor([[[0.25, 0.5, 0.1, 0.5]]]))
    x = picture([1, 1])
    # Means of the channels 1 and 3 are 2; the box is at the left, and reaches one px further.
    assert layer(x).flatten().tolist() == [3, 3, 5, 5]
    assert layer.eval()(x).flatten().tolist() == [1, 1, 3, 3]


@pytest.mark.parametrize("margin", ["", "padding=1"])
def test_a_1x1_kernel_sees_every_other_pixel_in_training_as_in_inference(margin):
    """In training the pixels are picked first: torch's own way writes beyond its memory."""
    layer = layer_of(f"[convolutional]\nfilters=8\nsize=1\nstride=2\n{margin}\n", 3, 6, 7)
    x = torch.randn(2, 3, 6, 7)

    trained = layer(x)
    with torch.inference_mode():
        inferred = layer(x)

    # Of 6 rows and 7 columns 3 and 4; of 8 and 9 with a margin 4 and 5.
    assert trained.shape == ((2, 8, 4, 5) if margin else (2, 8, 3, 4))
    torch.testing.assert_close(trained, inferred)


def test_a_1x1_kernel_with_a_stride_of_2_ends_no_process():
    """The heap was corrupt after one backward pass in channels-last memory: a signal, no error."""
    code = textwrap.dedent("""
        import torch
        from darkpy.cfg.reader import parse_cfg
        from darkpy.model.network import Network
        from darkpy.planning.network import plan_network
        for channels in (3, 4, 8):
            text = f"[net]\\nwidth=32\\nheight=32\\nchannels={channels}\\n"
            text += "[convolutional]\\nfilters=8\\nsize=1\\nstride=2\\n"
            network = Network(plan_network(parse_cfg(text.split("\\n"), "my.cfg")))
            layer = network.to(memory_format=torch.channels_last).layers[0]
            for _ in range(3):
                x = torch.randn(4, channels, 32, 32).contiguous(memory_format=torch.channels_last)
                layer(x.requires_grad_()).sum().backward()
        print("done")
    """)
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=120)

    assert (ended.returncode, ended.stdout) == (0, b"done\n"), ended.stderr.decode()


def test_xnor_has_minus_ones_for_zeros_and_around_the_picture_in_inference_only():
    layer = layer_of("[convolutional]\nsize=3\npad=1\nxnor=1\nactivation=linear", 1, 1, 1)
    set_values(layer, weights=[1, 1, 1, 1, -1, 1, 1, 1, 1])
    # The middle's sign times -1 and eight places beyond the border: 0 each, or -1 each.
    assert layer.train()(channels(2)).item() == pytest.approx(-1)
    assert layer.train()(channels(0)).item() == pytest.approx(-1)
    assert layer.eval()(channels(2)).item() == pytest.approx(-1 - 8)
    assert layer.eval()(channels(0)).item() == pytest.approx(1 - 8)


@pytest.mark.oracle
def test_xnor_infers_as_the_c_programs_packed_bits():
    folder = ROOT / "tests/oracle/bits"
    network = Network.from_cfg(str(folder / "net.cfg"))
    load_weights(network, folder / "net.weights")
    (probs,) = Classifier(network).classify([read_picture(str(folder / "noise.png"), 3)])
    assert probs.tolist() == pytest.approx(
        json.loads((folder / "printed.json").read_text()), abs=2e-6
    )
