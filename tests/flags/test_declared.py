"""A flag is declared once: its type, bounds and messages follow, for the shell and for Python."""

from __future__ import annotations

import pytest

from darkpy.errors import UsageError
from darkpy.flags.declared import flags_of
from darkpy.flags.detector import MapFlags, TestFlags, TrainFlags
from darkpy.flags.verbs import InitFlags, NetFlags


def refused(options, name: str, text: str) -> str:
    with pytest.raises(UsageError) as problem:
        flags_of(options)[name].value(text)
    return str(problem.value)


@pytest.mark.parametrize(
    ("options", "name", "text", "said"),
    [
        (
            TestFlags,
            "thresh",
            "25",
            "-thresh 25 is above the largest value, 1; 25 % is -thresh .25",
        ),
        (TestFlags, "thresh", "25%", "-thresh 25% is not a number; 25 % is -thresh .25"),
        (TestFlags, "thresh", "nan", "-thresh nan is not a finite number"),
        (TestFlags, "thresh", "-5", "-thresh -5 is below the smallest value, 0"),
        (TestFlags, "thresh", "250", "-thresh 250 is above the largest value, 1"),
        (
            MapFlags,
            "iou_thresh",
            "50",
            "-iou_thresh 50 is above the largest value, 1; 50 % is -iou_thresh .5",
        ),
        (TrainFlags, "time_limit_sec", "-1", "-time_limit_sec -1 is below the smallest value, 0"),
        (TrainFlags, "mAP_epochs", "0", "-mAP_epochs 0 is below the smallest value, 1"),
        (TrainFlags, "threads", "-3", "-threads -3 is below the smallest value, 0"),
        (TrainFlags, "threads", "two", "-threads two is not int"),
        (TrainFlags, "amp", "ON", "-amp ON is not known; did you mean 'on'?"),
        (NetFlags, "width", "1.5", "-width 1.5 is not a whole number"),
        (
            InitFlags,
            "valid",
            "20",
            "-valid 20 is above the largest value, 1; 20 % is -valid .2",
        ),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_in_one_sentence(options, name, text, said):
    assert refused(options, name, text) == said


def test_a_seed_has_up_to_63_bits_and_every_one_of_them_counts():
    seed = flags_of(TrainFlags)["seed"]

    assert seed.value("9223372036854775807") == 2**63 - 1
    assert seed.value("9007199254740993") == 2**53 + 1  # a float would lose the last bit
    assert "is above the largest value" in refused(TrainFlags, "seed", "9223372036854775808")
    assert "is below the smallest value" in refused(TrainFlags, "seed", "-1")


def test_python_is_told_the_same_as_the_shell():
    with pytest.raises(UsageError, match=r"^-thresh 25 is above the largest value, 1; 25 % is"):
        TestFlags(thresh=25)
    with pytest.raises(UsageError, match=r"^-thresh nan is below"):
        TestFlags(thresh=float("nan"))
    with pytest.raises(UsageError, match=r"^-threads two is not a number$"):
        TrainFlags(threads="two")
    with pytest.raises(UsageError, match=r"^-cache tape is not one of auto, ram, disk, off"):
        TrainFlags(cache="tape")
    assert TrainFlags(threads=0, seed=None).threads == 0


def test_defaults_are_shown_as_they_are_typed():
    shown = {name: flag.default_shown for name, flag in flags_of(TrainFlags).items()}

    assert shown["thresh"] == ".25"
    assert shown["mAP_epochs"] == "4"
    assert shown["map"] == shown["seed"] == shown["chart"] == ""
    assert flags_of(InitFlags)["memory"].default_shown == "8"


def test_what_several_verbs_take_is_the_same_declaration():
    assert flags_of(TrainFlags)["thresh"] == flags_of(TestFlags)["thresh"]
    assert flags_of(TrainFlags)["iou_thresh"] == flags_of(MapFlags)["iou_thresh"]


@pytest.mark.parametrize("count", ["0", "-1", "00"])
def test_a_count_of_classes_below_one_is_refused(count):
    with pytest.raises(UsageError, match=f"^-classes {count} is below the smallest value, 1$"):
        InitFlags(classes=count)
    assert InitFlags(classes="3").classes == "3"
    assert InitFlags(classes="0.names").classes == "0.names"
