"""What a state has to say when the cfg, the lists or the flags are others than before."""

from __future__ import annotations

import pytest

from darkpy.flags.detector import TrainFlags
from darkpy.session.agreement import changes, flag_changes
from tests.detector.conftest import CFG


def of(old: str, new: str) -> list[tuple[str, bool]]:
    """Texts and refusals of what changed when `old` becomes `new` in the tiny cfg."""
    assert old in CFG
    after = CFG.replace(old, new, 1)
    found = changes(CFG.split("\n"), after.split("\n"), "tiny.cfg")
    return [(change.text, change.refused) for change in found]


def test_the_same_cfg_in_other_words_is_the_same():
    assert of("momentum=0.9", "momentum = .90  # as ever\n# and a remark") == []
    assert of("size=3\nstride=2", "stride=2\nsize=3\ngroups=1") == []  # 1 is the default


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("max_batches=6", "max_batches=12", "tiny.cfg:11: [net] max_batches=12 was 6"),
        ("scales=.1", "scales=.5", "tiny.cfg:14: [net] scales=0.5 was 0.1"),
        ("decay=0.0005\n", "", "tiny.cfg:1: [net] decay=0.0001 was 0.0005"),
        ("jitter=.1", "jitter=.3", "tiny.cfg:49: [yolo] jitter=0.3 was 0.1"),
        ("filters=8", "filters=8\nlearning_rate=.5", "tiny.cfg:22: [convolutional] "
         "learning_rate=0.5 was 1"),
    ],
)  # fmt: skip
def test_how_it_is_trained_may_change_and_is_said(old, new, said):
    assert of(old, new) == [(said, False)]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("filters=8", "filters=16", "tiny.cfg:21: [convolutional] filters=16 was 8"),
        ("activation=leaky", "activation=mish",
         "tiny.cfg:25: [convolutional] activation=mish was leaky"),
        ("batch=4", "batch=4\nadam=1", "tiny.cfg:3: [net] adam=1 was 0"),
        ("mask=0,1", "mask=1,0", "tiny.cfg:45: [yolo] mask=1,0 was 0,1"),
        ("[maxpool]\nsize=2\nstride=2", "[reorg]", "tiny.cfg:35: [reorg] was [maxpool]"),
        ("[maxpool]\nsize=2\nstride=2\n", "",
         "tiny.cfg:36: [convolutional] was [maxpool]"),
    ],
)  # fmt: skip
def test_other_layers_are_refused(old, new, said):
    assert of(old, new) == [(said, True)]


def test_flags_that_change_the_numbers_are_said_and_no_others():
    flags = TrainFlags(amp="on", map=True, threads=3)
    before = {"amp": "off", "augment": "auto", "map": False, "threads": 1}

    assert list(flag_changes(before, flags)) == ["-amp on was off"]
    assert list(flag_changes({}, flags)) == []
