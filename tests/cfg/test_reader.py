"""The cfg language as text, by the rules of read_cfg() and read_option() in Darknet's parser.c."""

from __future__ import annotations

import pytest

from darkpy.cfg.reader import parse_cfg, read_cfg
from darkpy.errors import CfgError, Fix


def parsed(text: str):
    return parse_cfg(text.split("\n"), "my.cfg")


def test_a_section_has_its_keys_with_their_lines():
    (net,) = parsed("# a comment\n[net]\nbatch=64\n\n; another\nwidth = 4 16\n").sections

    assert (net.kind, net.line) == ("net", 2)
    assert [(e.key, e.text, e.line) for e in net.entries.values()] == [
        ("batch", "64", 3),
        ("width", "416", 6),
    ]


def test_an_inline_comment_ends_the_value():
    (net,) = parsed("[net]\nbatch=64#32\n").sections

    assert net.entries["batch"].text == "64"
    assert net.entries["batch"].comment == "#32"


def test_a_comment_behind_a_section_is_part_of_its_name_to_the_c_program():
    text = parsed("[net]\nbatch=64\n[maxpool] # halves\n")

    assert [section.kind for section in text.sections] == ["net", "maxpool"]
    (found,) = text.findings.warnings
    assert str(found).startswith("my.cfg:3: warning: [maxpool] with a comment behind it is no sec")


def test_of_a_repeated_key_the_first_one_wins_and_both_lines_are_named():
    text = parsed("[net]\nbatch=1\nbatch=64\n")

    assert text.sections[0].entries["batch"].text == "1"
    (found,) = text.findings.warnings
    assert str(found) == (
        "my.cfg:3: warning: [net] batch=64 is not read: line 2 already says batch=1, and the first "
        "one wins"
    )
    assert found.fixes == (Fix(3, None),)


def test_a_key_before_any_section_is_taken_for_a_lost_net():
    text = parsed("batch=64\nwidth=416\n[maxpool]\n")

    assert [section.kind for section in text.sections] == ["net", "maxpool"]
    assert text.sections[0].entries["width"].text == "416"
    (found,) = text.findings.errors
    assert (found.line, found.fixes) == (1, (Fix(0, "[net]", below=True),))
    assert found.message == "'batch=64' stands before any section: did you delete [net] above it?"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("[maxpool", "error: '[maxpool' lacks its closing bracket: [maxpool]"),
        ("[maxpool]x", "warning: 'x' after [maxpool] is not read"),
        ("size", "warning: 'size' is not key=value and is not read"),
        ("=3", "warning: [net] '=3' has no key before the = and is not read"),
    ],
)
def test_odd_lines_are_reported_where_they_stand(line, said):
    (found,) = parsed(f"[net]\n{line}\n").findings.items

    assert str(found) == f"my.cfg:2: {said}"


def test_anchors_that_go_on_in_the_next_line_are_told_where_they_belong():
    text = parsed("[yolo]\nanchors=1,2,\n3,4,\n 5, 6\nnum=3\n7,8\n")

    assert [str(found) for found in text.findings.items] == [
        "my.cfg:3: warning: '3,4,' is not key=value and is not read: a value ends with its line, "
        "put this behind anchors= in line 2",
        "my.cfg:4: warning: '5,6' is not key=value and is not read: a value ends with its line, "
        "put this behind anchors= in line 2",
        "my.cfg:6: warning: '7,8' is not key=value and is not read",
    ]


def test_a_text_without_a_section_gets_one_remark_only():
    text = parsed("a\n" * 1000)

    assert [str(found) for found in text.findings.items] == [
        "my.cfg: error: no [section] in this file; a cfg begins with [net]"
    ]
    assert text.sections == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends_do_not_count(tmp_path, encoding, end):
    path = tmp_path / "my.cfg"
    path.write_bytes(f"# größer{end}[net]{end}batch=64{end}".encode(encoding))

    (net,) = read_cfg(path).sections
    assert (net.kind, net.line, net.entries["batch"].text) == ("net", 2, "64")


def test_a_file_of_another_kind_is_refused(tmp_path):
    path = tmp_path / "my.cfg"
    path.write_bytes(b"PK\x03\x04" + bytes(100))

    with pytest.raises(CfgError, match=r"my\.cfg: this is a zip archive"):
        read_cfg(path)
