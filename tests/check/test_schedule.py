"""Traps of [net] about batch, iterations and rates."""

from __future__ import annotations

import pytest

from tests.conftest import ROOT


def test_a_faultless_cfg_gets_no_remark(check):
    assert check().items == []


def test_batch_1_is_a_value_for_testing(check):
    checked = check(("batch=64", "batch=1"), ("subdivisions=16", "subdivisions=1"))

    found = checked.only("warning", "batch=1 is a value for testing")
    assert found.line == checked.line("batch=1")
    assert [fix.text for fix in found.fixes] == ["batch=64", "subdivisions=16"]


def test_batch_1_is_right_for_a_cfg_that_does_not_train(check):
    checked = check(("batch=64", "batch=1"), ("subdivisions=16", ""), ("max_batches=8000", ""))

    assert checked.said("warning") == []
    assert checked.only("note", "max_batches= is missing").line == 1


def test_batch_that_subdivisions_does_not_divide_says_what_an_iteration_has(check):
    checked = check(("batch=64", "batch=32"), ("subdivisions=16", "subdivisions=12"))

    # 32 // 12 = 2 pictures at a time, 12 times: 24. The next divisor of 32 above 12 is 16.
    found = checked.only("warning", "an iteration has 24 pictures, 2 at a time")
    assert found.line == checked.line("subdivisions=12")
    assert [fix.text for fix in found.fixes] == ["subdivisions=16"]


def test_fewer_pictures_than_subdivisions_makes_mini_batches_of_one(check):
    checked = check(("batch=64", "batch=4"), ("subdivisions=16", "subdivisions=8"))

    assert "an iteration has 8 pictures, 1 at a time" in checked.said("warning")[0][1]


def test_mini_batches_of_one_picture_are_noted(check):
    checked = check(("subdivisions=16", "subdivisions=64"))

    found = checked.only("note", "mini-batches of one picture")
    assert found.line == checked.line("subdivisions=64")


def test_steps_beyond_max_batches_never_come(check):
    checked = check(("steps=6400,7200", "steps=400000,450000"))

    found = checked.only("warning", "lies beyond max_batches=8000")
    assert found.line == checked.line("steps=400000,450000")
    # 80 % and 90 % of 8000.
    assert [fix.text for fix in found.fixes] == ["steps=6400,7200"]


def test_fewer_scales_than_steps_are_an_error_that_equal_scales_can_fill(check):
    checked = check(("scales=.1,.1", "scales=.1"))

    found = checked.only("error", "has 2 steps= but 1 scales=")
    assert found.line == checked.line("steps=6400,7200")
    assert [fix.text for fix in found.fixes] == ["scales=0.1,0.1"]


def test_more_scales_than_steps_have_no_effect(check):
    checked = check(("steps=6400,7200", "steps=6400"))

    found = checked.only("warning", "only the first 1 have an effect")
    assert [fix.text for fix in found.fixes] == ["scales=0.1"]


def test_steps_that_do_not_ascend(check):
    checked = check(("steps=6400,7200", "steps=7200,6400"))

    assert checked.only("warning", "do not ascend").line == checked.line("steps=7200,6400")


def test_burn_in_that_outlasts_the_training(check):
    checked = check(("burn_in=100", "burn_in=8000"))

    assert checked.only("warning", "never reaches learning_rate=").line == 8


def test_a_step_within_burn_in(check):
    checked = check(("burn_in=100", "burn_in=7000"))

    assert checked.only("warning", "lies within burn_in=7000").line == 11


def test_few_iterations_for_the_classes_are_noted(check):
    checked = check(("max_batches=8000", "max_batches=4000"), ("steps=6400,7200", "steps=1,2"))

    # 2 classes of 2000 are 4000, but 6000 are the least.
    found = checked.only("note", "max_batches=4000 is short for classes=2")
    assert "here 6000" in found.message


def test_no_rate_a_high_rate_and_a_rate_for_another_batch(check):
    line = 7
    nothing = check(("learning_rate=0.001", "learning_rate=0"))
    high = check(("learning_rate=0.001", "learning_rate=0.5"))
    adam = check(("learning_rate=0.001", "learning_rate=0.01\nadam=1"))
    parts = ("batch=64", "batch=8"), ("subdivisions=16", "subdivisions=2")
    small = check(("learning_rate=0.001", "learning_rate=0.002"), *parts)

    assert nothing.only("warning", "nothing is learned").line == line
    assert high.only("warning", "high for a detector").line == line
    assert adam.only("warning", "high for adam=1").line == line
    # 0.002 * 8 / 64 = 0.00025
    assert "about 0.00025" in small.only("note", "learning_rate=0.002 is usual").message


@pytest.mark.parametrize("name", ["retinanet-tiny", "ssd-tiny"])
def test_the_rate_of_losses_that_are_means_over_anchors_has_no_usual_batch(check, name):
    text = (ROOT / f"cfg/{name}.cfg").read_text()
    assert "\nbatch=8\n" in text

    notes = [message for _, message in check(text=text).said("note")]

    assert not any("learning_rate" in message for message in notes), notes
