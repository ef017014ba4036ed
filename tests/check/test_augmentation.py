"""Traps of augmentation."""

from __future__ import annotations

import pytest


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
