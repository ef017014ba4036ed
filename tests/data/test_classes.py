"""The class of a picture is the first label that its path contains."""

from __future__ import annotations

import pytest

from darkpy.cfg.data import read_data
from darkpy.data.classes import read_class_list
from darkpy.errors import DataError

LABELS = ("cat", "dog", "hotdog")


@pytest.fixture
def listed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.data").write_text("classes=3\n")

    def read(*names: str):
        for name in names:
            (tmp_path / name).touch()
        (tmp_path / "valid.txt").write_text("\n".join(names))
        return read_class_list("valid.txt", read_data("c.data"), LABELS)

    return read


def test_paths_say_their_class_and_those_without_a_label_count_as_none(listed):
    found = listed("dog_1.png", "a_cat.png", "bird.png")

    assert found.classes.tolist() == [1, 0, -1]
    (finding,) = found.findings.items
    assert "1 of 3 paths contain no label, such as bird.png" in finding.message


def test_of_several_labels_the_first_counts_and_it_is_told(listed):
    found = listed("hotdog.png", "cat.png")

    assert found.classes.tolist() == [1, 0]
    (finding,) = found.findings.items
    assert "1 of 2 paths contain several labels, such as hotdog.png (dog, hotdog)" in (
        finding.message
    )


def test_a_list_without_any_label_is_refused(listed):
    with pytest.raises(DataError, match=r"no path contains a label of labels=, such as a\.png"):
        listed("a.png", "b.png")
