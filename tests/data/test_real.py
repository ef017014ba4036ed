"""Data sets and files of other people: what is read from them and what is said about them."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from darkpy.augment.recipe import Recipe
from darkpy.cfg.data import read_data, read_names
from darkpy.data.cache import PictureCache
from darkpy.data.dataset import read_dataset
from darkpy.data.labels import parse_rows
from darkpy.data.listing import clean, read_listing
from darkpy.data.loader import Loader
from darkpy.errors import DataError

# Data set: pictures, boxes and labelled pictures of its lists, classes.
DATA_SETS = {
    "bccd/bccd.data": ({"train": (292, 3922, 292), "valid": (72, 964, 72)}, 3),
    "yolo_mark/obj.data": ({"train": (8, 33, 8), "valid": (2, 2, 2)}, 2),
}
# Odd .data file: how many keys are not used, and what else is said. All others are silent.
DATA_FINDINGS = {
    "Dileepvk98__yolov4-things__obj.data": (1, ["no valid="]),
    "bingykang__Fewshot_Detection__cfg_metatune.data": (14, []),
    "bingykang__Fewshot_Detection__cfg_voc.data": (7, []),
    "trainOwn__train-yolo-fastest__mnist_data_mnist.data": (
        11,
        [
            "'[name]' is not key=value",
            "'[train-configure]' is not key=value",
            "'[model-configure]' is not key=value",
            "'[data-configure]' is not key=value",
            "no valid=",
        ],
    ),
}
# Odd label file: rows that are used, line and reason of those that are wrong. All others have none.
LABEL_FINDINGS = {
    "NathanaelOliver__Vex-Serial__Anno_Data_train_labels_7bd42189-data139.txt": (
        5,
        [(5, "h=1 is longer than the picture")],
    ),
    "elif-celik__foodTrainData__beyti_beyti56.txt": (6, [(5, "the box is empty, 0 x 0.104286")]),
    "elif-celik__foodTrainData__bulgurPilavi_bulgurpilavi60.txt": (
        1,
        [(1, "h=1.00286 is longer than the picture")],
    ),
}
CLASSES = 1000


def _odd(shared: Path, kind: str) -> list[tuple[Path, set[str]]]:
    """Odd files of a kind and what is odd about each."""
    with open(shared / "real/odd.tsv", encoding="utf-8") as table:
        rows = [row for row in csv.DictReader(table, delimiter="\t") if row["kind"] == kind]
    return [(shared / "real/odd" / kind / row["file"], set(row["flags"].split())) for row in rows]


@pytest.mark.parametrize("name", DATA_SETS)
def test_a_real_data_set_is_read_without_a_remark(shared, name):
    lists, classes = DATA_SETS[name]
    data = read_data(shared / "real" / name)

    for key, expected in lists.items():
        dataset = read_dataset(data.resolve(getattr(data, key)), data, classes)
        assert (len(dataset), len(dataset.classes), dataset.labels.labelled) == expected
        assert not dataset.findings.items
    assert not data.findings.items


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", DATA_SETS)
def test_a_real_data_set_makes_batches(shared, name, channels):
    data = read_data(shared / "real" / name)
    dataset = read_dataset(data.resolve(data.train), data, DATA_SETS[name][1])
    recipe = Recipe(mosaic=True, hue=0.1, saturation=1.5, exposure=1.5)
    loader = Loader(
        dataset,
        recipe,
        batch=4,
        mini_batch=4,
        size_hw=lambda iteration: (64, 96),
        cache=PictureCache(dataset, channels),
        threads=0,
    )
    with loader:
        _, (batch,) = next(iter(loader))

    assert batch.images.shape == (4, channels, 64, 96)
    assert batch.images.float().std() > 10
    assert not loader.broken


def test_what_is_said_about_every_odd_data_file(shared):
    files = _odd(shared, "data")
    for path, flags in files:
        data = read_data(path)
        items = data.findings.items
        unused = [item for item in items if "is not used" in item.message]
        others = [item for item in items if "is not used" not in item.message]
        count, texts = DATA_FINDINGS.get(path.name, (0, []))
        assert (path.name, len(unused), len(others)) == (path.name, count, len(texts))
        for text, other in zip(texts, others, strict=True):
            assert text in other.message
        assert bool(data.classes) != ("no-classes" in flags)
        values = (data.train, data.valid, data.names, data.backup)
        assert not any(value != value.strip(" \t\r\ufeff\"'") for value in values)
    assert len(files) == 56


def test_every_odd_names_file_gives_clean_names(shared):
    files = _odd(shared, "names")
    for path, flags in files:
        names = read_names(path)
        lines = path.read_bytes().decode("utf-8-sig").split("\n")
        assert len(names) == len([line for line in lines if line.strip()])
        assert not any(name != name.strip(" \t\r\ufeff") for name in names)
        if "BOM" in flags:
            assert names == ("Class1", "Class2")
    assert len(files) == 42


def test_what_is_said_about_every_odd_label_file(shared):
    files = _odd(shared, "labels")
    for path, flags in files:
        rows, bad = parse_rows(path.read_bytes(), str(path), CLASSES)
        if path.name in LABEL_FINDINGS:
            count, expected = LABEL_FINDINGS[path.name]
            assert len(rows) == count
            assert [(row.line, row.reason) for row in bad] == expected
            continue
        assert not bad
        assert len(rows) == len([line for line in path.read_bytes().split(b"\n") if line.strip()])
        if "over-90-boxes" in flags:
            assert len(rows) > 90
        if "scientific" in flags:
            assert b"e-" in path.read_bytes()
            assert (np.array(rows)[:, 1:] > 0).all()
    assert len(files) == 24


def test_odd_lists_find_their_pictures_once_these_are_there(shared, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = 0
    for path, flags in _odd(shared, "lists"):
        lines = [line for raw in path.read_bytes().decode().split("\n") if (line := clean(raw))]
        if flags & {"absolute", "drive-letter", "tab"} or len(lines) > 500:
            continue  # paths of another machine, and two files that are no lists
        assert not any(set(line) & set('\\\r"') or line != line.strip() for line in lines)
        for line in lines:
            picture = tmp_path / "pictures" / path.stem / "list" / line
            picture.parent.mkdir(parents=True, exist_ok=True)
            picture.touch()
        copy = tmp_path / "pictures" / path.stem / "list" / "train.txt"
        copy.write_bytes(path.read_bytes())

        listing = read_listing(copy)

        assert len(listing.pictures) == len(lines)
        assert not listing.missing
        found += 1
    assert found == 13


def test_odd_lists_without_their_pictures_say_how_many_are_missing(shared):
    files = _odd(shared, "lists")
    for path, _ in files:
        lines = [raw for raw in path.read_bytes().decode().split("\n") if clean(raw)]
        with pytest.raises(DataError) as refusal:
            read_listing(path, path.parent)
        assert f"{len(lines)} of {len(lines)} pictures do not exist" in str(refusal.value)
        assert "there is no picture to work with" in str(refusal.value)
    assert len(files) == 31
