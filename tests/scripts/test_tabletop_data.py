"""The sample data set is complete, sound, and can be made again from its seed."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import cv2
import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "data" / "tabletop"
NAMES = (FOLDER / "tabletop.names").read_text(encoding="ascii").split()


def listed(name: str) -> list[Path]:
    return [FOLDER / line for line in (FOLDER / name).read_text(encoding="ascii").splitlines()]


def rows_of(picture: Path) -> list[list[str]]:
    lines = picture.with_suffix(".txt").read_text(encoding="ascii").splitlines()
    return [line.split(" ") for line in lines]


PICTURES = [*listed("train.txt"), *listed("valid.txt")]


@pytest.fixture
def dataset(monkeypatch: pytest.MonkeyPatch):
    """The module of scripts/tabletop that makes examples."""
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    from tabletop import dataset

    yield dataset
    for name in [name for name in sys.modules if name.split(".")[0] == "tabletop"]:
        monkeypatch.delitem(sys.modules, name)


def test_the_data_file_names_the_lists_and_the_right_number_of_classes():
    lines = (FOLDER / "tabletop.data").read_text(encoding="ascii").splitlines()
    values = dict(line.split(" = ") for line in lines)

    assert values == {
        "classes": str(len(NAMES)),
        "train": "train.txt",
        "valid": "valid.txt",
        "names": "tabletop.names",
        "backup": "backup/",
    }
    assert 4 <= len(set(NAMES)) == len(NAMES) <= 6


def test_the_lists_hold_every_picture_once_and_nothing_else():
    stored = set((FOLDER / "images").glob("*.jpg"))

    assert len(PICTURES) >= 300
    assert len(set(PICTURES)) == len(PICTURES)
    assert set(PICTURES) == stored
    assert {p.with_suffix(".txt") for p in stored} == set((FOLDER / "images").glob("*.txt"))


def test_a_fifth_of_the_pictures_is_for_validation():
    assert 5 * len(listed("valid.txt")) == len(PICTURES)


def test_every_label_row_is_a_known_class_and_a_box_inside_the_unit_square():
    # six decimals: a side on the border may be out by half a unit in the sixth place, twice
    border = 1e-6
    for picture in PICTURES:
        for kind, *numbers in rows_of(picture):
            cx, cy, w, h = map(float, numbers)
            assert int(kind) in range(len(NAMES)), picture
            assert all(len(number.partition(".")[2]) == 6 for number in numbers), picture
            assert min(w, h) > 0.01, picture
            assert min(cx - w / 2, cy - h / 2) >= -border, picture
            assert max(cx + w / 2, cy + h / 2) <= 1 + border, picture


@pytest.mark.parametrize(("name", "least"), [("train.txt", 200), ("valid.txt", 40)])
def test_no_class_is_rare(name: str, least: int):
    counts = Counter(int(row[0]) for picture in listed(name) for row in rows_of(picture))

    assert sorted(counts) == list(range(len(NAMES)))
    assert max(counts.values()) <= 2.5 * min(counts.values())
    assert min(counts.values()) >= least


@pytest.mark.parametrize("name", ["train.txt", "valid.txt"])
def test_some_pictures_are_empty_and_most_are_not(name: str):
    empty = [picture for picture in listed(name) if not rows_of(picture)]

    assert 0.03 < len(empty) / len(listed(name)) < 0.2


def test_boxes_are_neither_tiny_nor_huge_for_a_small_detector():
    sides = sorted(
        (float(row[3]) * float(row[4])) ** 0.5 for picture in PICTURES for row in rows_of(picture)
    )

    assert 0.2 < sides[len(sides) // 2] < 0.35
    assert sides[len(sides) // 20] > 0.05


def test_the_whole_set_takes_less_than_twelve_megabytes():
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) < 12e6


@pytest.mark.parametrize("number", [0, 123, 399])
def test_a_picture_made_again_has_the_committed_labels_and_nearly_the_same_pixels(dataset, number):
    compared = dataset.compare(FOLDER, number)

    assert compared.same_labels
    assert compared.grey_difference < 2


def test_a_picture_made_twice_is_the_same_to_the_byte(dataset):
    first, second = (dataset.encoded(dataset.make_example(31)) for _ in range(2))

    assert first == second


def test_another_seed_makes_another_picture(dataset):
    first, second = (dataset.make_example(5, seed) for seed in (1, 2))

    assert first.labels != second.labels


def test_check_notices_a_changed_label_and_a_changed_picture(dataset, tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    stored = FOLDER / "images" / "tabletop_0002"
    label = stored.with_suffix(".txt").read_text(encoding="ascii")
    (images / "tabletop_0002.txt").write_text(label.replace("0.", "1.", 1), encoding="ascii")
    darker = cv2.imread(str(stored.with_suffix(".jpg"))) // 2
    cv2.imwrite(str(images / "tabletop_0002.jpg"), darker)

    compared = dataset.compare(tmp_path, 2)

    assert not compared.same_labels
    assert compared.grey_difference > 2
    assert not compared.passed
