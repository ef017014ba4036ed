"""Flags stand anywhere and are spelled freely; a word that fits nowhere is named."""

from __future__ import annotations

import pytest

from darkpy.console.arguments import Words
from darkpy.console.command import Argument, Command
from darkpy.console.commands import COMMANDS
from darkpy.errors import UsageError
from darkpy.flags.darknet import DARKNET_FLAGS


def read(*words: str, name: str = "detector train") -> Words:
    return Words(name, COMMANDS[tuple(name.split())], words)


def refused(*words: str, name: str = "detector train") -> str:
    with pytest.raises(UsageError) as problem:
        read(*words, name=name)
    return str(problem.value).splitlines()[0]


FILES = {"data": "a.data", "cfg": "b.cfg", "weights": "c.weights"}


@pytest.mark.parametrize(
    "words",
    [
        ("-map", "-thresh", ".3", "a.data", "b.cfg", "c.weights"),
        ("a.data", "--thresh=.3", "b.cfg", "--map", "c.weights"),
        ("a.data", "b.cfg", "c.weights", "-Thresh", "0.3", "-MAP"),
        ("a.data", "b.cfg", "–map", "c.weights", "—thresh", ".3"),
        ("a.data", "b.cfg", "-map", "1", "c.weights", "-thresh", ".3"),
        ("-thresh", ".9", "a.data", "b.cfg", "-map=1", "-thresh", ".3", "--", "c.weights"),
    ],
)
def test_flags_may_stand_anywhere_however_they_are_spelled(words):
    assert read(*words).options == {**FILES, "thresh": 0.3, "map": True}


def test_underscores_and_dashes_in_a_flag_are_the_same():
    options = read("a", "b", "-dont-show", "--mAP-epochs", "2").options

    assert options["dont_show"] is True
    assert options["mAP_epochs"] == 2


def test_a_switch_with_0_is_off_and_a_file_called_1_stays_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert read("a", "b", "-clear", "0").options["clear"] is False
    (tmp_path / "1").touch()
    assert read("a", "b", "-clear", "1").options["weights"] == "1"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("a", "b", "c", "d"), "one word too many: 'd'"),
        (("a",), "<cfg> is missing: .cfg file"),
        (("a", "b", "-tresh", ".3"), "unknown flag -tresh; did you mean 'thresh'?"),
        (("a", "b", "-thresh"), "-thresh needs a value: probability above which"),
        (("a", "b", "-chart", "-map"), "-chart needs a value: file of the chart"),
        (("a", "b", "-thresh", "x"), "-thresh x is not a number"),
        (("a", "b", "-map=yes"), "-map takes no value, but 'yes' is given"),
        (("a", "b", "-threads", "-3"), "-threads -3 is below the smallest value, 0"),
    ],
)
def test_what_does_not_fit_is_named(words, said):
    assert refused(*words).startswith(f"darkpy detector train: {said}")


def test_a_count_that_is_no_number_is_named():
    said = refused("a.cfg", "b.weights", "c", "x", name="partial")

    assert said == "darkpy partial: <n> 'x' is no whole number"


def test_gpus_says_which_device_computes_where_it_is_one():
    words = read("a", "b", "-gpus", "0,1", "c", name="detector map")

    assert words.options == {"data": "a", "cfg": "b", "weights": "c"}
    assert words.remarks == [
        "darkpy detector map: -gpus has no effect here: one device computes, GPU 0 or the one of "
        "-i N, or the CPU where there is no GPU"
    ]


def test_every_flag_of_darknets_is_read_with_its_value():
    command = Command("none", "", (Argument("input", "pictures", many=True),), "detector.TestFlags")
    for name, known in DARKNET_FLAGS.items():
        after = [".5"] if known.valued or name in ("thresh", "out") else []
        words = Words("detector test", command, [f"-{name}", *after, "a.jpg"])
        assert words.options["input"] == ["a.jpg"], name
