"""`darkpy compare`: paired pictures, a plain verdict."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from darkpy.errors import DataError
from darkpy.metrics.accumulator import MapAccumulator
from darkpy.metrics.comparison import Result, compare, comparison_lines
from darkpy.metrics.tables import as_data
from darkpy.verbs.compare import run
from tests.metrics.pictures import Found, random_picture

NAMES = ("cat", "dog")


def result(path, pictures, *, names=NAMES, **options) -> str:
    """A file as `detector map -json` writes it, of {name: (Found, truths, classes)}."""
    accumulator = MapAccumulator(len(names), **options)
    for name, (detections, truths, classes) in pictures.items():
        accumulator.add(detections, truths, classes, picture_hw=(400, 500), name=name)
    measurement = accumulator.finished()
    report = measurement.report()
    data = as_data(
        report,
        measurement.study(report),
        names=names,
        pictures=measurement.pictures,
        facts={},
    )
    path.write_text(json.dumps(data))
    return str(path)


def some(seed=0, count=40):
    rng = np.random.default_rng(seed)
    return {f"{n}.jpg": random_picture(rng, 2, 4, 10) for n in range(count)}


def blinder(pictures, share, seed=1):
    """The same with a share of the boxes left out."""
    rng = np.random.default_rng(seed)
    return {
        name: (
            Found(it.boxes, it.probs * torch.tensor(rng.random((len(it.probs), 1)) >= share)),
            *others,
        )
        for name, (it, *others) in pictures.items()
    }


def test_a_detector_is_no_better_than_itself(tmp_path):
    path = result(tmp_path / "a.json", some())

    it = compare(Result.read(path), Result.read(path))

    assert (it.difference, it.between.low, it.between.high) == (0, 0, 0)
    assert it.verdict == "no more than chance"
    assert it.changes == ()


def test_one_that_misses_half_is_worse_and_the_other_way_round_better(tmp_path):
    pictures = some()
    good = Result.read(result(tmp_path / "good.json", pictures))
    bad = Result.read(result(tmp_path / "bad.json", blinder(pictures, 0.7)))

    worse, better = compare(good, bad), compare(bad, good)

    assert (worse.verdict, better.verdict) == ("worse", "better")
    assert worse.difference == pytest.approx(-better.difference)
    assert worse.between.high < worse.difference + 0.2
    assert worse.between.low < worse.difference < worse.between.high < 0


def test_a_box_more_or_less_is_chance(tmp_path):
    pictures = some()
    other = dict(pictures) | blinder({"3.jpg": pictures["3.jpg"]}, 0.3)

    a = Result.read(result(tmp_path / "a.json", pictures))
    it = compare(a, Result.read(result(tmp_path / "b.json", other)))

    assert it.difference != 0
    assert it.verdict == "no more than chance"
    assert [change.picture for change in it.changes] == ["3.jpg"]


def test_only_common_pictures_count_in_whatever_order(tmp_path):
    pictures = some()
    names = list(pictures)
    fewer = {name: pictures[name] for name in reversed(names[10:])}

    a = Result.read(result(tmp_path / "a.json", pictures))
    it = compare(a, Result.read(result(tmp_path / "b.json", fewer)))

    assert (it.pictures, it.left_out) == (30, 10)
    assert it.difference == 0


def test_the_lines_say_who_is_better_and_where(tmp_path):
    pictures = some()
    a = result(tmp_path / "a.json", pictures)
    b = result(tmp_path / "b.json", blinder(pictures, 0.7))

    lines = list(run(a, b, json=str(tmp_path / "c.json")))

    assert "40 pictures in both" in lines
    (verdict,) = (line for line in lines if line.startswith("mAP of A"))
    assert verdict.endswith("B is worse")
    assert any(line.startswith("cat ") for line in lines)
    assert json.loads((tmp_path / "c.json").read_text())["verdict"] == "worse"
    assert len(comparison_lines(a, b, compare(Result.read(a), Result.read(b)), most=2)) < len(lines)


@pytest.mark.parametrize("text", ["", "[]", '{"evidence": 3}', '{"evidence": {}}', "\x00"])
def test_another_file_is_refused_by_its_name(tmp_path, text):
    path = tmp_path / "x.json"
    path.write_text(text)

    with pytest.raises(DataError, match=r"x\.json: "):
        Result.read(str(path))


def test_what_cannot_be_compared_is_refused(tmp_path):
    pictures = some(count=3)
    a = Result.read(result(tmp_path / "a.json", pictures))
    other_names = result(tmp_path / "b.json", pictures, names=("cat", "cow"))
    other_overlap = result(tmp_path / "c.json", pictures, iou_thresh=0.75)
    elsewhere = result(tmp_path / "d.json", {f"x{name}": it for name, it in pictures.items()})

    for path, words in (
        (other_names, "other classes"),
        (other_overlap, "measured at -iou_thresh 0.75"),
        (elsewhere, "no picture in common"),
        (str(tmp_path / "gone.json"), "cannot be read"),
    ):
        with pytest.raises(DataError, match=words):
            compare(a, Result.read(path))
