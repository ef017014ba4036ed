"""Traps of augmentation."""

from __future__ import annotations

from dataclasses import replace

import pytest

from darkpy.cfg.reader import parse_cfg
from darkpy.check.subject import Subject

CLASSIFIER = (
    "[net]\nwidth=8\nheight=8\nchannels=3\nrotate=5\nletter_box=1\nlabel_smooth_eps=.1\n"
    "[connected]\noutput=2\n[softmax]\ntree=no.tree\n"
)


def test_keys_of_detectors_do_nothing_in_a_classifier(check):
    checked = check(text=CLASSIFIER)

    for key in ("rotate=5", "letter_box=1"):
        said = checked.only("note", f"{key} has no effect in a classifier; detectors use it")
        assert said.line == checked.line(key)
    assert checked.only("note", "label_smooth_eps=0.1 has no effect beside tree= of [softmax]")


def test_letter_box_and_mosaic_exclude_each_other(check):
    checked = check(("channels=3", "channels=3\nletter_box=1\nmosaic=1"))

    found = checked.only("warning", "letter_box=1 and mosaic=1 exclude each other")
    assert found.line == checked.line("mosaic=1")


def test_cutmix_is_for_classifiers(check):
    alone = check(("channels=3", "channels=3\ncutmix=1"))
    beside = check(("channels=3", "channels=3\ncutmix=1\nmosaic=1"))

    found = alone.only("warning", "in a detector it is left out")
    assert (found.line, found.fixes[0].text) == (alone.line("cutmix=1"), "cutmix=0")
    assert beside.only("warning", "in a detector only mosaic=1 is done")


@pytest.mark.parametrize(
    ("key", "severity", "part"),
    [
        ("angle=7", "note", "angle=7 has no effect in a detector"),
        ("label_smooth_eps=0.1", "note", "no effect in a detector"),
        ("mosaic_bound=1", "note", "mosaic_bound=1 has no effect without mosaic=1"),
        ("gamma=2", "note", "gamma=2 has no effect without policy=exp or policy=sig"),
        ("saturation=0", "warning", "saturation=0 is no factor"),
        ("hue=30", "warning", "it is in turns"),
        ("workspace_size_limit_MB=1", "note", "has no effect in darkpy"),
    ],
)
def test_keys_of_net_that_do_not_do_what_they_seem_to(check, key, severity, part):
    checked = check(("channels=3", f"channels=3\n{key}"))

    assert checked.only(severity, part).line == checked.line(key)


@pytest.mark.parametrize("key", ["ssd_crop=.1,.5", "preset_augment=ssd"])
def test_ssds_crop_takes_the_place_of_the_heads_jitter(check, key):
    jitter = ("classes=2\n", "classes=2\njitter=.3\n")
    checked = check(("channels=3", f"channels=3\n{key}"), jitter)

    found = checked.only("note", "jitter= has no effect beside ssd_crop=")
    assert found.line == checked.line("jitter=.3")


def test_ssds_recipe_is_what_its_keys_are_and_what_is_given_goes_before(faultless):
    def net(lines):
        text = faultless.replace("channels=3", "\n".join(("channels=3", *lines)))
        return Subject.of(parse_cfg(text.split("\n"), "my.cfg")).net

    one_by_one = net(["ssd_distort=1", "expand=4", "ssd_crop=.1,.3,.5,.7,.9", "letter_box=0"])
    given = net(["expand=2", "preset_augment=ssd", "letter_box=1"])

    assert replace(net(["preset_augment=ssd"]), preset_augment="none") == one_by_one
    assert (given.expand, given.letter_box, given.ssd_distort) == (2, True, True)
    assert net([]).ssd_crop == ()


def test_a_recipe_that_is_not_known_is_named_with_those_that_are(check):
    checked = check(("channels=3", "channels=3\npreset_augment=sdd"))

    assert checked.only("error", "did you mean 'ssd'?").line == checked.line("preset_augment=sdd")


@pytest.mark.parametrize("key", ["expand=.5", "ssd_crop=.1,1.5", "ssd_crop=-1"])
def test_ssds_keys_have_bounds(check, key):
    checked = check(("channels=3", f"channels=3\n{key}"))

    bound = "smallest value" if key != "ssd_crop=.1,1.5" else "largest value"
    assert checked.only("error", bound).line == checked.line(key)


def test_ssds_keys_do_nothing_without_boxes(check, faultless):
    text = faultless[: faultless.index("[yolo]")].replace("channels=3", "channels=3\nexpand=4") + (
        "[avgpool]\n\n[softmax]\n"
    )
    checked = check(text=text)

    found = checked.only("note", "expand= has no effect in a network without boxes")
    assert found.line == checked.line("expand=4")
