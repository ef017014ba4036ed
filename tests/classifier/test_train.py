"""`classifier train` from end to end: what it learns, says, leaves, and goes on from."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest

from darkpy.cfg.data import read_data, read_names
from darkpy.data.dataset import read_dataset
from darkpy.data.pictures import read_picture, write_picture
from darkpy.training.history import read_history
from tests.conftest import ROOT

CROPPED = """[net]
batch=32
width=24
height=24
channels=3
adam=1
learning_rate=0.004
burn_in=5
policy=poly
power=1
max_batches=150
min_crop=24
max_crop=26

[convolutional]
filters=16
size=3
stride=2
pad=1
activation=leaky

[convolutional]
filters=32
size=3
stride=2
pad=1
activation=leaky

[connected]
output=48
activation=leaky

[connected]
output=5
activation=linear

[softmax]
"""


def crops(folder: Path, key: str, pictures: int) -> list[str]:
    """Write what is in the boxes of tabletop's first pictures; the paths say the class."""
    table = ROOT / "data/tabletop"
    names = read_names(table / "tabletop.names")
    dataset = read_dataset(table / f"{key}.txt", read_data(table / "tabletop.data"), len(names))
    paths = []
    for i in range(pictures):
        pixels = read_picture(dataset.path(i), 3)
        for n, (box, k) in enumerate(zip(*dataset.truths(i), strict=True)):
            height, width = pixels.shape[:2]
            x, y = box[0] * width, box[1] * height
            half = max(8, 0.6 * max(box[2] * width, box[3] * height))
            left, upper = max(0, int(x - half)), max(0, int(y - half))
            crop = pixels[upper : int(y + half), left : int(x + half)]
            paths.append(str(folder / f"{key}_{i}_{n}_{names[k]}.png"))
            write_picture(paths[-1], np.ascontiguousarray(crop))
    return paths


def test_what_lies_on_tables_is_learnt(coloured):
    lists = {key: crops(coloured.folder, key, n) for key, n in (("train", 160), ("valid", 40))}
    for key, paths in lists.items():
        Path(f"{key}.txt").write_text("".join(f"{path}\n" for path in paths))
    names = (ROOT / "data/tabletop/tabletop.names").read_text()
    Path("labels.txt").write_text(names)
    Path("c.data").write_text(Path("c.data").read_text().replace("classes=3", "classes=5"))
    Path("c.cfg").write_text(CROPPED)

    status, out, _ = coloured.train("-topk")

    assert status == 0
    measured = float(re.search(r"iteration 150: top-1 (\S+)%", out)[1])
    kinds = [path.rsplit("_", 1)[1] for path in lists["valid"]]
    most_frequent = 100 * max(map(kinds.count, kinds)) / len(kinds)
    assert most_frequent < 35
    assert measured > most_frequent + 20
    _, told, _ = coloured.run("classifier", "valid", "c.data", "c.cfg", "backup/c_best.weights")
    assert f"top 1 {measured:.2f}%" in told


def test_the_csv_the_best_weights_and_the_last_lines_speak_of_top_1(coloured):
    coloured.change("max_batches=8", "max_batches=8\nema_alpha=.5")

    status, out, _ = coloured.train("-topk")

    assert status == 0
    (said,) = re.findall(r"iteration 8: top-1 (.*), the best so far", out)
    top_1, top_2 = re.fullmatch(r"(\S+)%, top-2 (\S+)%", said).groups()
    assert float(top_2) >= float(top_1) > 0
    rows = Path("backup/c_train.csv").read_text().splitlines()
    assert rows[0].split(",")[:8] == [
        *("iteration", "loss", "avg_loss", "rate", "seconds", "top1", "classes", "top1 red"),
    ]
    curves = read_history("backup/c_train.csv")
    assert curves.score == "top1"
    assert 100 * curves.map50[-1] == pytest.approx(float(top_1), abs=0.01)
    assert list(curves.by_class[8]) == ["red", "green", "blue"]
    best = json.loads(Path("backup/c_best.json").read_text())
    assert (best["iteration"], best["k"]) == (8, 2)
    assert best["top1"] == pytest.approx(float(top_1) / 100, abs=1e-4)
    assert best["ema_top1"] is not None
    assert [one["pictures"] for one in best["classes"]] == [2, 2, 2]
    assert Path("backup/c_ema.weights").is_file()
    assert "next: darkpy classifier predict c.data c.cfg backup/c_" in out
    assert "      darkpy classifier valid c.data c.cfg" in out
    _, table, _ = coloured.run("runs")
    assert f"{best['top1']:.2%} top-1" in table


def test_a_training_that_was_stopped_goes_on_bit_for_bit(coloured):
    coloured.change(
        "max_batches=8", "max_batches=8\nmixup=1\nangle=20\nhue=.1\nlabel_smooth_eps=.1"
    )
    straight = coloured.steps(topk=True)
    final, rows = coloured.weights("final"), read_history("backup/c_train.csv")

    first = coloured.steps(stop_after=3, topk=True, clear=True)
    second = coloured.steps(topk=True, weights="backup/c_last.weights")

    assert [each.iteration for each in (*first, *second)] == list(range(1, 9))
    told = [each.step.loss for each in (*first, *second)]
    assert told == [each.step.loss for each in straight]
    assert coloured.weights("final") == final
    np.testing.assert_array_equal(read_history("backup/c_train.csv").map50, rows.map50)


def test_the_loss_is_the_true_cross_entropy_with_smoothed_and_mixed_classes(coloured):
    coloured.change("max_batches=8", "max_batches=2\nlabel_smooth_eps=.3\nmosaic=1")
    coloured.change("learning_rate=0.05", "learning_rate=0")

    losses = [each.step.loss for each in coloured.steps()]

    # All logits are near 0 in the beginning: ln 3. Darknet prints the sum of all three logarithms.
    assert losses == pytest.approx([math.log(3)] * 2, abs=0.8)


def test_paths_with_no_label_or_several_are_told(coloured):
    (coloured.folder / "red_0.png").rename("reddish_green.png")
    (coloured.folder / "red_1.png").rename("pink.png")
    coloured.change("red_0.png", "reddish_green.png", "train.txt")
    coloured.change("red_1.png", "pink.png", "train.txt")

    _, out, _ = coloured.train()

    assert "1 of 12 paths contain no label, such as pink.png: nothing is wanted of them" in out
    assert "1 of 12 paths contain several labels, such as reddish_green.png (red, green)" in out
    assert "train.txt: 12 pictures of 3 of 3 classes" in out


def test_a_class_without_a_picture_is_told(coloured):
    coloured.change("classes=3", "classes=4", "c.data")
    coloured.change("blue", "blue\nmauve", "labels.txt")
    coloured.change("output=3", "output=4")

    _, out, _ = coloured.train()

    assert "train.txt: no picture of mauve" in out


def test_darknets_lines_are_those_of_its_classifier(coloured):
    coloured.change("max_batches=8", "max_batches=10")

    status, out, err = coloured.train("-topk", "-log", "darknet")

    assert status == 0
    lines = out.splitlines()
    assert lines[:4] == ["c", "1", "Learning Rate: 0.05, Momentum: 0.9, Decay: 0.0005", "12"]
    number = r"-?\d+\.\d{6}"
    row = (
        rf"(\d+), (\d+\.\d{{3}}): {number}, {number} avg, {number} rate, {number} seconds, "
        rf"(\d+) images, {number} hours left"
    )
    found = [match for line in lines if (match := re.fullmatch(row, line))]
    # 6 pictures an iteration of 12: half an epoch.
    assert [match.groups() for match in found[:2]] == [("1", "0.500", "6"), ("2", "1.000", "12")]
    assert len(found) == 10
    assert len([line for line in lines if re.fullmatch(rf"Loaded: {number} seconds", line)]) == 10
    assert re.search(rf"\n accuracy top2 = {number} \n10, ", out)
    assert "\n (next TOP2 calculation at 100 iterations) " in err
    assert "Saving weights to backup/c_final.weights\n" in err


@pytest.mark.parametrize("keys", ["mixup=1", "cutmix=1\nmosaic=1\nangle=9\naspect=1.3"])
def test_pictures_are_shown_with_their_classes_and_draws(coloured, keys):
    coloured.change("max_batches=8", f"max_batches=8\n{keys}")

    status, out, _ = coloured.train("-show_imgs", "-time_limit_sec", 0)

    assert status == 0
    assert "augmented pictures: augmentations.jpg and aug_1.jpg to aug_16.jpg" in out
    assert read_picture("aug_16.jpg").shape == (16, 16, 3)
    assert not Path("backup/c_final.weights").exists()


def test_it_begins_with_the_first_layers_of_another_training(coloured):
    coloured.train()
    coloured.run("partial", "c.cfg", "backup/c_final.weights", "backbone.weights", 2)

    status, out, _ = coloured.train("backbone.weights", "-clear")

    assert status == 0
    assert re.search(r"backbone\.weights: \d of 4 layers", out)


@pytest.mark.parametrize(
    ("old", "new", "file", "said"),
    [
        ("[softmax]", "", "c.cfg", "nothing is trained: a classifier ends in [softmax] or [cost]"),
        ("classes=3", "classes=4", "c.data", "classes=4, but the last layer of c.cfg has 3 values"),
        ("blue", "blue\nmauve", "labels.txt", "4 names, but the network has 3 classes"),
        ("batch=6\nsubdivisions=2", "batch=1", "c.cfg", "batch=1 is for testing"),
    ],
)
def test_files_that_do_not_fit_are_refused_before_anything_is_written(
    coloured, old, new, file, said
):
    coloured.change(old, new, file)

    status, _, err = coloured.train()

    assert status == 2
    assert said in err
    assert not (coloured.folder / "backup").exists()


def test_pixels_on_the_device_are_not_to_be_had(coloured):
    status, _, err = coloured.train("-augment", "device")

    assert status == 2
    assert "-augment device: pictures of classifiers are made by the processor" in err


def test_the_page_shows_pictures_with_what_they_are_taken_for(coloured, monkeypatch):
    from darkpy.serve.board import Board

    states, shown = [], []
    own = Board.hear

    def hear(board, event):
        own(board, event)
        states.append(board.state())

    monkeypatch.setattr(Board, "hear", hear)
    monkeypatch.setattr(Board, "show", lambda self, found, at: shown.extend(found))
    coloured.steps(topk=True, mjpeg_port=_free_port())

    assert states[-1]["score"] == "top-1"
    assert [look.name for look in shown] == [
        f"{colour}_{n}.png" for n in (0, 1) for colour in ("red", "green", "blue")
    ]


def _free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def test_pictures_that_cannot_be_read_are_replaced(coloured):
    (coloured.folder / "red_2.png").write_bytes(b"no picture")

    status, out, _ = coloured.train()

    assert status == 0
    assert "left out, another one takes its place" in out
    assert "red_2.png" in (coloured.folder / "bad.list").read_text()
