"""data.yaml files: what is understood, and what is refused with its line."""

from __future__ import annotations

import pytest

from darkpy.cfg.yaml_text import read_yaml, yaml_names
from darkpy.errors import DataError


@pytest.fixture
def yaml(tmp_path):
    def make(text: str):
        path = tmp_path / "data.yaml"
        path.write_text(text)
        return read_yaml(path)

    return make


@pytest.mark.parametrize(
    "names",
    [
        "['cat', 'big dog']",
        '["cat", "big dog"]',
        "[cat, big dog,]  # two",
        "\n- cat\n- big dog",
        "\n  - 'cat'  # one\n\n  - \"big dog\"",
        "\n  0: cat\n  1: big dog",
        "\n    1: big dog  # the second\n    0: 'cat'",
        "{0: cat, 1: 'big dog'}",
        "['cat',\n        'big dog']",
        "[\n  cat,\n  big dog\n]",
    ],
)
def test_names_are_a_list_or_a_mapping(yaml, names):
    text = yaml(f"# mine\npath: ../datasets/x  # root\n\nnames: {names}\nnc: 2\n")

    assert yaml_names(text) == ("cat", "big dog")
    assert text.value("path") == "../datasets/x"
    assert text.value("nc") == "2"
    assert text.value("val") == ""


def test_what_nobody_asks_for_may_be_written_in_any_way(yaml):
    text = yaml(
        "train: [a/images, b/images]\nroboflow:\n  license: CC BY 4.0\n  tags: {a: [b]}\n"
        "download: |\n  from x import y\n  z: 1\nnames: [it's, 'a, b', \"c#d\", e:f]\n"
    )

    assert text.words("train") == ["a/images", "b/images"]
    assert yaml_names(text) == ("it's", "a, b", "c#d", "e:f")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nc: 1\n", "has no names: as a list or `number: name`"),
        ("names: obj.names\n", ":1: has no names: as a list or `number: name`"),
        ("names:\n  0: a\n  2: b\n", ":1: names: has 2 names, but none of number 1"),
        ("names: &x [a]\n", ":1: '&x [a]' is not understood: a word, a list or `number: name` is"),
        ("names:\n  - {a: b}\n", ":2: '- {a: b}' is not understood"),
        ("names:\n  - a: b\n", ":2: '- a: b' is not understood"),
        ("names:\n  0:\n    x: y\n", ":2: '0:' is not understood"),
        ("names: [a, [b]]\n", ":1: '[b]' is not understood"),
        ("names: {a}\n", ":1: 'a' is not understood"),
        ("names: [a\n", ":1: '[a' is not understood"),
        ("names: |\n  a\n", ":1: '|' is not understood"),
        ("names:\n  - a\n  1: b\n", ":2: 'list and keys in one' is not understood"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_line(yaml, tmp_path, text, message):
    with pytest.raises(DataError) as caught:
        yaml_names(yaml(text))

    assert message in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / "data.yaml"))
