"""Values change in a cfg's text, and nothing else does."""

from __future__ import annotations

from darkpy.cfg.reader import parse_cfg
from darkpy.cfg.template import NewValue, changed_lines, start_weights, without_preface

LINES = """# A net. Starts from some-net.conv.12.
[net]
# batch for eight pictures
batch=8
width = 32   # px

# Layer 0: 255 channels, a 255.
[convolutional]
filters=255
size=3
""".splitlines()


def changed(*changes: tuple[int, str, object]) -> list[str]:
    sections = parse_cfg(LINES, "t.cfg").sections
    return changed_lines(LINES, [NewValue(sections[at], key, value) for at, key, value in changes])


def test_a_value_is_replaced_and_the_comment_about_it_goes():
    lines = changed((0, "batch", 64))

    assert lines == [*LINES[:2], "batch=64", *LINES[4:]]


def test_a_value_that_stays_leaves_its_line_and_comment_alone():
    assert changed((0, "batch", 8), (0, "width", 32)) == LINES


def test_a_missing_key_is_added_below_its_section():
    lines = changed((1, "pad", 1), (1, "stride", 2))

    assert lines[8:10] == ["pad=1", "stride=2"]
    assert len(lines) == len(LINES) + 2


def test_comments_that_count_channels_follow_the_filters():
    assert changed((1, "filters", 24))[6] == "# Layer 0: 24 channels, a 255."


def test_the_start_weights_are_read_from_a_comment():
    assert start_weights(LINES) == "some-net.conv.12"
    assert start_weights(LINES[1:]) == ""


def test_the_preface_is_what_stands_before_the_first_section():
    assert without_preface(LINES) == LINES[1:]
