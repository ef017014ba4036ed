"""Traps of the input size."""

from __future__ import annotations

import pytest

from darkpy.cfg.reader import parse_cfg
from darkpy.check.subject import Subject


def test_a_side_that_the_stride_does_not_divide_names_its_neighbours(check):
    checked = check(("width=64", "width=100"))

    found = checked.only("warning", "width=100 is no multiple of 32")
    assert found.line == checked.line("width=100")
    assert "96 or 128 would be right" in found.message
    assert checked.said("error") == []  # the C program warns, and runs


def test_the_stride_is_that_of_the_network_not_always_32(check):
    # Stride 8 (and 4 after the upsampling): 72 = 9 * 8 is right, 76 is not.
    right = check(("stride=32", "stride=8"), ("width=64", "width=72"))
    wrong = check(("stride=32", "stride=8"), ("width=64", "width=76"))

    assert right.said("error") == []
    assert "no multiple of 8" in wrong.only("warning", "width=76").message


def test_a_multiple_of_32_at_a_stride_of_64_is_only_odd(check):
    checked = check(("stride=32", "stride=64"), ("width=64", "width=96"))

    assert "no multiple of 64" in checked.only("warning", "width=96").message
    assert checked.said("error") == []


@pytest.mark.parametrize("stride", [1, 2, 8, 64])
def test_the_total_stride_comes_from_the_plan(faultless, stride):
    text = faultless.replace("stride=32", f"stride={stride}", 1)
    subject = Subject.of(parse_cfg(text.split("\n"), "my.cfg"))

    assert subject.stride == stride


def test_random_says_how_large_the_input_becomes(check, last_head):
    checked = check(last_head("num=4", "num=4\nrandom=1"))

    # round(1.4 * 64 / 32 + 1) * 32 = round(3.8) * 32 = 128; 128 * 128 / (64 * 64) = 4
    found = checked.only("note", "sizes up to 128x128, which takes 4.0 times the memory")
    assert found.line == checked.line("random=1")


def test_random_sizes_that_miss_the_stride(check, last_head):
    changes = ("stride=32", "stride=64"), last_head("num=4", "num=4\nrandom=1")
    checked = check(*changes)

    found = checked.only("warning", "resize_step=32 with random= gives sizes that are no multiples")
    assert [fix.text for fix in found.fixes] == ["resize_step=64"]
    assert found.fixes[0].below


def test_a_network_without_a_loss_is_named_so(check, faultless):
    checked = check(text=faultless[: faultless.index("[yolo]")])

    found = checked.only("note", "neither trains nor detects")
    assert found.line == checked.line("[convolutional]", 2)


def test_an_input_that_is_missing_or_nothing(check):
    missing = check(("width=64", ""), ("channels=3", ""))
    nothing = check(("width=64", "width=0"))
    unreadable = check(("width=64", "width=?"))

    assert missing.said("error") == [(1, "[net] needs width=, channels= (or inputs=)")]
    assert nothing.said("error") == [(4, "[net] width=0 leaves no input; it must be 1 or more")]
    assert unreadable.said("error") == [(4, "[net] width=? is not int")]


def test_a_classifier_is_named_so(check):
    text = "[net]\nwidth=8\nheight=8\nchannels=3\n[avgpool]\n[softmax]\n"

    assert check(text=text).only("note", "no layer detects: this is a classifier").line == 6


@pytest.mark.parametrize("channels", [2, 4, 6])
def test_channels_that_no_picture_file_has_are_an_error(check, channels):
    checked = check(("channels=3", f"channels={channels}"))

    assert checked.only("error", f"channels={channels}: picture files are read in grey").line
    assert check(("channels=3", "channels=1")).said("error") == []


def test_1x1_kernels_with_a_stride_say_once_what_they_cost_on_a_cpu(check):
    ones = "[convolutional]\nsize=1\nstride=2\n\n"
    checked = check(("[convolutional]", f"{ones}{ones}[convolutional]"), ("width=64", "width=128"))

    found = checked.only("note", "1.1 to 1.7 times as long")
    assert found.line == checked.line("stride=2")
    assert "size=1 with a stride, and 1 layer like it" in found.message
    assert not check(("width=64", "width=128")).said("note")
