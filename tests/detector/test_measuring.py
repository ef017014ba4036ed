"""`detector map` and `valid`: on the tiny project, and against what the C program printed."""

from __future__ import annotations

import gzip
import json
import re

import numpy as np
import pytest

from darkpy.console.cli import main
from darkpy.inference.detector import Detector
from tests.conftest import ROOT


def test_map_prints_darknets_lines_and_cocos(project):
    project.train()
    status, out, _ = project.run("detector", "map", project.data, project.cfg, project.final)

    assert status == 0
    assert "class_id = 1, name = bar, ap =" in out
    assert "mean average precision (mAP@0.50)" in out
    assert "COCO AP" in out


def test_map_writes_all_numbers_and_compare_reads_them(project):
    project.train()
    words = ("detector", "map", project.data, project.cfg, project.final)
    assert project.run(*words, "-json", "a.json")[0] == 0

    status, out, _ = project.run("compare", "a.json", "a.json")

    assert status == 0
    assert "B is different by no more than chance" in out


def test_map_leaves_a_page_with_pictures(project):
    project.train()
    words = ("detector", "map", project.data, project.cfg, project.final)
    status, out, _ = project.run(*words, "-report", "page")

    assert status == 0
    assert "page/index.html: written" in out
    text = (project.folder / "page/index.html").read_text()
    for file in re.findall(r'href="([^"]*)"', text):
        assert (project.folder / "page" / file).is_file()


@pytest.mark.parametrize("verb", ["map", "valid", "recall", "test"])
def test_tiles_are_looked_at_by_every_verb(project, verb):
    project.train()
    words = ("detector", verb, project.data, project.cfg, project.final)
    words += ("images/0.png", "-dont_show") if verb == "test" else ()
    seen = []
    plain = Detector.detect
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            Detector,
            "detect",
            lambda *given, **more: seen.append(given[1]) or plain(*given, **more),
        )
        status, out, _ = project.run(*words, "-tile", 32)

    assert status == 0, out
    # 48 x 64 px: the whole, and 2 by 3 tiles of 32 px
    assert [picture.shape[:2] for picture in seen[0]] == [(48, 64), *[(32, 32)] * 6]


def test_recall_prints_darknets_line_a_picture(project):
    project.train()
    status, out, _ = project.run("detector", "recall", project.data, project.cfg, project.final)

    lines = re.findall(
        r"^ *\d+ +\d+ +\d+\tRPs/Img: [\d.]+\tIOU: [\d.]+%\tRecall:[\d.]+%$", out, re.M
    )
    assert status == 0
    assert len(lines) == 8


def test_valid_writes_a_file_a_class(project):
    project.train()
    status, _, _ = project.run("detector", "valid", project.data, project.cfg, project.final)

    assert status == 0
    assert (project.folder / "results/comp4_det_test_square.txt").exists()
    assert (project.folder / "results/comp4_det_test_bar.txt").exists()


GOLDEN = {
    "bccd_points0.txt": (),
    "bccd_points11.txt": ("-points", "11"),
    "bccd_points101.txt": ("-points", "101"),
    "bccd_iou75_thresh40.txt": ("-iou_thresh", "0.75", "-thresh", "0.4"),
}


@pytest.mark.oracle
@pytest.mark.slow
@pytest.mark.parametrize("name", GOLDEN)
def test_map_prints_what_the_c_program_printed(shared, capsys, name):
    bccd = shared / "real/bccd"
    files = [str(bccd / f"bccd{end}") for end in (".data", "-tiny.cfg", "-tiny.weights")]
    main(["detector", "map", *files, "-nogpu", *GOLDEN[name]])

    def numbers(text: str) -> list[str]:
        return re.findall(r"^ ?(?:class_id|for conf|mean|detections|IoU thr).*?$", text, re.M)

    theirs = numbers((shared / "golden/map" / name).read_text())
    assert theirs
    assert numbers(capsys.readouterr().out) == theirs


@pytest.mark.oracle
@pytest.mark.slow
def test_recall_prints_what_the_c_program_printed(shared, capsys):
    bccd = shared / "real/bccd"
    files = [str(bccd / f"bccd{end}") for end in (".data", "-tiny.cfg", "-tiny.weights")]
    main(["detector", "recall", *files, "-nogpu"])

    lines = [line for line in capsys.readouterr().out.splitlines() if "RPs/Img" in line]
    assert lines == (ROOT / "tests/oracle/recall/bccd.txt").read_text().splitlines()


def test_valid_writes_one_file_for_imagenet(project):
    project.train()
    project.data.write_text(project.data.read_text() + "eval=imagenet\n")
    status, out, _ = project.run("detector", "valid", project.data, project.cfg, project.final)

    rows = (project.folder / "results/imagenet-detection.txt").read_text().splitlines()
    assert status == 0
    assert f"imagenet-detection.txt: {len(rows)} detections" in out
    assert {int(row.split()[0]) for row in rows} <= set(range(1, 9))
    assert {int(row.split()[1]) for row in rows} <= {1, 2}


def test_valid_writes_a_file_a_picture_for_kitti_and_one_for_bdd(project, monkeypatch):
    monkeypatch.setattr("darkpy.detector.valid.CONFIDENCE", 1e-9)  # six iterations teach little
    project.train()
    text = project.data.read_text()
    for form in ("kitti", "bdd"):
        project.data.write_text(f"{text}eval={form}\n")
        status, out, _ = project.run("detector", "valid", project.data, project.cfg, project.final)
        assert status == 0
        assert f"warning: eval={form} writes " in out
    files = sorted((project.folder / "results/kitti_results/data").iterdir())
    rows = [line for file in files for line in file.read_text().splitlines()]
    entries = json.loads((project.folder / "results/bdd_results.json").read_text())

    assert [file.name for file in files] == [f"{number}.txt" for number in range(8)]
    assert {row.split()[0] for row in rows} <= {"car", "pedestrian"}
    assert len(rows) == len(entries) > 0
    kitti = sorted(float(row.split()[-1]) for row in rows)
    assert kitti == sorted(entry["score"] for entry in entries)


def test_a_form_with_fewer_classes_than_the_network_is_refused(project):
    many = "".join(f"{name}\n" for name in "abcd")
    (project.folder / "obj.names").write_text(many)
    project.data.write_text(project.data.read_text().replace("=2", "=4") + "eval=kitti\n")
    project.change_cfg("classes=2", "classes=4")
    project.change_cfg("filters=14", "filters=18")
    project.train()
    status, _, err = project.run("detector", "valid", project.data, project.cfg, project.final)

    assert (status, "eval=kitti has 3 classes, the network 4; take eval=voc" in err) == (2, True)


@pytest.mark.oracle
@pytest.mark.slow
def test_valid_writes_what_the_c_program_wrote(shared, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    bccd = shared / "real/bccd"
    files = [str(bccd / f"bccd{end}") for end in (".data", "-tiny.cfg", "-tiny.weights")]
    main(["detector", "valid", *files, "-nogpu"])

    for name in ("RBC", "WBC", "Platelets"):
        with gzip.open(shared / f"golden/map/comp4_det_test_{name}.txt.gz", "rt") as file:
            stored = file.read()
        ours = (tmp_path / f"results/comp4_det_test_{name}.txt").read_text()
        theirs, mine = rows_by_picture(stored), rows_by_picture(ours)
        assert mine.keys() == theirs.keys()
        for picture, rows in theirs.items():
            assert_the_same_rows(mine[picture], rows)


def rows_by_picture(text: str) -> dict[str, np.ndarray]:
    """The rows of a results file: picture -> probability, left, top, right, bottom."""
    rows: dict[str, list[list[float]]] = {}
    for line in text.splitlines():
        picture, *numbers = line.split()
        rows.setdefault(picture, []).append([float(number) for number in numbers])
    return {picture: np.array(found) for picture, found in rows.items()}


def assert_the_same_rows(ours: np.ndarray, theirs: np.ndarray) -> None:
    """Each row has one of its own on the other side; rows of equal probability change places."""
    assert ours.shape == theirs.shape
    off = abs(ours[:, None] - theirs).max(axis=2)
    nearest = off.argmin(axis=1)
    assert sorted(nearest) == list(range(len(theirs)))
    assert off.min(axis=1).max() <= 2e-2


@pytest.mark.parametrize("verb", ["map", "valid", "test"])
def test_every_verb_computes_in_bfloat16_where_asked_and_says_so(project, verb):
    project.train()
    words = ("detector", verb, project.data, project.cfg, project.final)
    words += ("images/0.png", "-dont_show") if verb == "test" else ()

    plain = project.run(*words)
    lowered = project.run(*words, "-amp", "on")

    assert plain[0] == lowered[0] == 0
    assert "computing in bfloat16 beside float32" in lowered[1]
    assert "computing in" not in plain[1]


def test_the_benchmark_says_what_pictures_and_layers_take(project):
    project.train()
    words = ("detector", "test", project.data, project.cfg, project.final, "images/0.png")
    status, out, _ = project.run(*words, "images/1.png", "-benchmark", "-benchmark_layers")

    assert status == 0
    assert re.search(r"2 pictures: [\d.]+ ms each, the median of .*; [\d.]+ pictures/s", out)
    assert (
        len(re.findall(r"^ fw-layer 0 - type: 0 - [\d.]+ ms - avg_time [\d.]+ ms $", out, re.M))
        == 2
    )
    assert out.index("fw-sort-layer") < out.index("Predicted in")
