"""`detect` by stem and as in Darknet's README; the flags that `detector test` shares with it."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from pathlib import Path

import pytest
import torch

from darkpy.model.network import Network
from darkpy.model.weights import save_weights


@pytest.fixture
def untrained(project):
    """The tiny project with weights in backup/, as a training leaves them."""
    torch.manual_seed(1)
    network = Network.from_cfg(str(project.cfg))
    for name, values in network.named_buffers():
        if name.endswith("running_var"):
            values.fill_(1)  # a fresh network's are 0, which inference divides by
    (project.folder / "backup").mkdir()
    save_weights(network, project.folder / "backup/tiny_best.weights", seen=0)
    return project


def test_a_stem_is_enough(untrained):
    (untrained.folder / "tiny.names").write_text("square\nbar\n")
    status, out, _ = untrained.run("detect", "tiny", "images/0.png", "-thresh", "0", "-dont_show")

    assert status == 0
    assert out.startswith("tiny.cfg, backup/tiny_best.weights, tiny.names\nimages/0.png: Predicted")
    assert "square: " in out
    assert (untrained.folder / "predictions.jpg").exists()


def test_a_cfg_and_its_weights_are_taken_as_in_darknets_readme(untrained):
    words = ("detect", "tiny.cfg", "backup/tiny_best.weights", "images/0.png", "-dont_show")
    status, out, _ = untrained.run(*words)

    assert status == 0
    assert "no names file fits: classes are numbers; names may stand in tiny.names" in out


def test_names_for_another_number_of_classes_are_passed_over(untrained):
    (untrained.folder / "tiny.names").write_text("one\ntwo\nthree\n")
    (untrained.folder / "tiny.data").write_text("classes=2\nnames=obj.names\n")
    _, out, _ = untrained.run("detect", "tiny", "images/0.png", "-dont_show")

    assert out.startswith("tiny.cfg, backup/tiny_best.weights, obj.names\n")


def test_a_list_on_standard_input_gives_a_result_file(untrained, monkeypatch):
    """`darkpy detector test d c w -dont_show < list.txt > result.txt`: Darknet's README."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("images/0.png\nimages/1.png\n"))
    words = ("obj.data", "tiny.cfg", "backup/tiny_best.weights", "-dont_show", "-ext_output")
    status, out, _ = untrained.run("detector", "test", *words)

    assert status == 0
    assert "Enter Image Path: images/0.png: Predicted in " in out
    assert "Enter Image Path: images/1.png: Predicted in " in out


def test_the_result_file_is_read_as_cartuchos_map_reads_it(untrained, monkeypatch):
    """Its rule: the path stands behind the prompt on one line, `class: NN%` with the box below."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("images/0.png\nimages/1.png\n"))
    words = ("obj.data", "tiny.cfg", "backup/tiny_best.weights", "-dont_show", "-ext_output")
    _, out, _ = untrained.run("detector", "test", *words, "-thresh", "0")

    pictures = {}
    for line in out.splitlines():
        if "Enter Image Path:" in line and "Predicted" in line:
            rows = pictures.setdefault(line.split("Enter Image Path: ")[1].split(":")[0], [])
        elif "%" in line:
            name, rest = line.split(":", 1)
            percent, box = rest.split("%", 1)
            numbers = re.findall(r"(left_x|top_y|width|height):\s+(-?\d+)", box)
            rows.append((name, int(percent), dict(numbers)))
    assert list(pictures) == ["images/0.png", "images/1.png"]
    for rows in pictures.values():
        assert {name for name, _, _ in rows} <= {"square", "bar"}
        assert all(len(box) == 4 and 0 <= percent <= 100 for _, percent, box in rows)
        assert rows


def test_pictures_are_ranked_by_doubt(untrained):
    untrained.run("detect", "tiny", "images", "-rank", "next.csv", "-dont_show")
    untrained.run("detect", "tiny", "images", "-rank", "next.txt", "-dont_show")

    with open("next.csv") as file:
        rows = list(csv.DictReader(file))
    doubts = [float(row["doubt"]) for row in rows]
    assert len(rows) == 8
    assert doubts == sorted(doubts, reverse=True)
    paths = (untrained.folder / "next.txt").read_text().splitlines()
    assert paths == [row["picture"] for row in rows]


def test_a_class_that_is_skipped_is_neither_printed_nor_listed(untrained):
    words = ("detector", "test", "obj.data", "tiny.cfg", "backup/tiny_best.weights", "images/0.png")
    flags = ("-thresh", "0", "-dont_show", "-out", "a.json")
    _, both, _ = untrained.run(*words, *flags)
    _, one, _ = untrained.run(*words, *flags, "-skipclasses", "square")

    assert "square: " in both
    assert "square: " not in one
    assert "bar: " in one
    assert '"square"' not in (untrained.folder / "a.json").read_text()
    assert untrained.run(*words, "-skipclasses", "2")[0] == 2


def test_a_heatmap_stands_beside_the_drawn_picture(untrained):
    untrained.run("detect", "tiny", "images/0.png", "images/1.png", "-heatmaps", "-dont_show")

    names = {path.name for path in untrained.folder.glob("predictions*")}
    assert names == {
        "predictions.jpg",
        "predictions_2.jpg",
        "predictions_heatmap.jpg",
        "predictions_2_heatmap.jpg",
    }


def test_out_may_have_the_layout_of_darkhelp(untrained):
    (untrained.folder / "images" / "1.png").write_bytes(b"nothing")
    words = ("images/0.png", "images/1.png", "-dont_show", "-out", "a.json")
    untrained.run("detect", "tiny", *words, "-json_form", "darkhelp")

    found = json.loads(Path("a.json").read_text())

    assert [one["filename"] for one in found["file"]] == ["images/0.png", "images/1.png"]
    assert "error" in found["file"][1]
    assert found["network"]["cfg"].endswith("tiny.cfg")
    assert found["settings"]["threshold"] == 0.24
