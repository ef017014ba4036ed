"""Classes by the words that paths contain, as Darknet's classifiers have them."""

from __future__ import annotations

import numpy as np
import pytest

from darkpy.cfg.data import DataOptions
from darkpy.data.classes import read_class_dataset, read_class_list
from darkpy.errors import DataError

LABELS = ("cat", "dog", "fish")


def listed(tmp_path, *names: str):
    for name in names:
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "list.txt").write_text("".join(f"{tmp_path / name}\n" for name in names))
    return tmp_path / "list.txt", DataOptions(tmp_path / "c.data"), LABELS


def test_the_label_in_the_path_is_wanted(tmp_path):
    dataset = read_class_dataset(*listed(tmp_path, "dog_1.png", "catfish.png", "cup.png"), 0.0)

    # Darknet wants all labels that are in the path, and none where none is.
    assert dataset.wanted.tolist() == [[0, 1, 0], [1, 0, 1], [0, 0, 0]]
    assert dataset.named == ((1,), (0, 2), ())
    said = [str(finding) for finding in dataset.findings.items]
    assert any("1 of 3 paths contain no label, such as" in line for line in said)
    assert any("(cat, fish): all of them are wanted, as in Darknet" in line for line in said)


def test_smoothing_takes_from_the_right_class_and_gives_to_the_others(tmp_path):
    dataset = read_class_dataset(*listed(tmp_path, "dog_1.png"), 0.1)

    # 1 - .1, and .1 shared by two
    np.testing.assert_allclose(dataset.wanted, [[0.05, 0.9, 0.05]], rtol=1e-6)
    assert dataset.wanted.sum() == pytest.approx(1)


def test_measuring_takes_the_first_label(tmp_path):
    found = read_class_list(*listed(tmp_path, "dog_1.png", "catfish.png", "cup.png"))

    assert found.classes.tolist() == [1, 0, -1]
    assert found.path(1).endswith("catfish.png")


def test_a_list_without_any_label_is_refused(tmp_path):
    for read, more in ((read_class_list, ()), (read_class_dataset, (0.0,))):
        with pytest.raises(DataError, match="no path contains a label of labels="):
            read(*listed(tmp_path, "cup.png"), *more)


def test_other_paths_and_other_classes_are_another_list(tmp_path):
    one = read_class_dataset(*listed(tmp_path, "dog_1.png"), 0.0)
    same = read_class_dataset(*listed(tmp_path, "dog_1.png"), 0.0)
    smoothed = read_class_dataset(*listed(tmp_path, "dog_1.png"), 0.1)
    other = read_class_dataset(*listed(tmp_path, "dog_2.png"), 0.0)

    assert one.content == same.content
    assert len({one.content, smoothed.content, other.content}) == 3
