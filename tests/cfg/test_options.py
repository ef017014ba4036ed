"""From text to typed values: every mistake in one run, each with what would be right."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from darkpy.cfg.options import key, options_from
from darkpy.cfg.reader import parse_cfg
from darkpy.errors import Findings, Fix


@dataclass(frozen=True)
class Options:
    size: int = key(1, "a number", minimum=1, maximum=9)
    rate: float = key(0.5, "a share")
    flip: bool = key(True, "a switch")
    steps: tuple[int, ...] = key((), "a list", minimum=0)
    activation: str = key("linear", "a word", choices=("linear", "leaky", "swish"))
    from_: int | None = key(None, "a key that Python reserves")
    widths: tuple[int, ...] = key((), "another list")
    dot: float = key(0.0, "nothing", inert="Darknet reads it only")


def read(*lines: str) -> tuple[Options, Findings]:
    text = parse_cfg(["[net]", *lines], "my.cfg")
    return options_from(text.sections[0], Options, text.findings), text.findings


def test_values_have_the_type_of_their_field():
    options, findings = read("size=3", "rate=1e-3", "flip=0", "steps=1,2,", "from=-4")

    assert options == Options(size=3, rate=0.001, flip=False, steps=(1, 2), from_=-4)
    assert findings.items == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("size=abc", "size=abc is not int"),
        ("size=1.5", "size=1.5 is not a whole number"),
        ("size=0", "size=0 is below the smallest value, 1"),
        ("size=10", "size=10 is above the largest value, 9"),
        ("size=1e20", "size=1e20 is larger than any sensible value"),
        ("size=", "size= has no value"),
        ("rate=x", "rate=x is not a number"),
        ("rate=nan", "rate=nan is not a finite number"),
        ("steps=1,-2", "steps=1,-2 is below the smallest value, 0"),
        ("activation=cubic", "activation=cubic is not one of linear, leaky, swish"),
    ],
)
def test_an_impossible_value_is_an_error_and_leaves_the_default(line, said):
    options, findings = read(line)

    assert options == Options()
    assert [str(found) for found in findings.items] == [f"my.cfg:2: error: [net] {said}"]


@pytest.mark.parametrize(("wrong", "right"), [("leeky", "leaky"), ("Linear", "linear")])
def test_a_word_with_one_meaning_names_it(wrong, right):
    (found,) = read(f"activation={wrong}")[1].errors

    assert found.message.endswith(f"is not known; did you mean '{right}'?")
    assert found.fixes == (Fix(2, f"activation={right}"),)


def test_another_programs_word_for_the_same_thing_gets_darknets():
    (found,) = read("activation=silu")[1].errors

    assert found.message == "[net] activation=silu is not known; Darknet's name for it is 'swish'"
    assert found.fixes == (Fix(2, "activation=swish"),)


@pytest.mark.parametrize(
    ("line", "reads"),
    [
        ("activation=leaky # fast", "it does not know 'leaky#fast' and takes relu"),
        ("widths=1,2 # a, b", "it counts the commas of the comment too"),
    ],
)
def test_a_comment_that_the_c_program_takes_for_a_part_of_the_value_is_a_warning(line, reads):
    options, findings = read(line)

    assert options in (Options(activation="leaky"), Options(widths=(1, 2)))
    ((_, said),) = [(f.severity, str(f)) for f in findings.items if f.severity == "warning"]
    assert f"to the C program the comment behind it is part of the value: {reads};" in said


@pytest.mark.parametrize("line", ["size=3 # px", "rate=.5 #,", "steps=1,2 # a, b", "widths=1 # a"])
def test_a_comment_behind_a_number_changes_nothing(line):
    assert read(line)[1].items == []


def test_an_unknown_key_is_a_warning_with_the_nearest_one():
    (found,) = read("siez=3")[1].warnings

    assert found.message == "[net] siez= is not used; did you mean 'size'?"
    assert found.fixes == (Fix(2, "size=3"),)


def test_a_misspelled_key_beside_the_right_one_is_not_renamed():
    (found,) = read("siez=3", "size=2")[1].warnings

    assert found.fixes == ()


def test_a_key_without_effect_says_why():
    (found,) = read("dot=1")[1].items

    assert (found.severity, found.message) == (
        "note",
        "[net] dot= has no effect in darkpy: Darknet reads it only",
    )
