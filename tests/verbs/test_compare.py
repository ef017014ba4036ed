"""`darkpy compare` of two trainings: what it says, and the two measured once more."""

from __future__ import annotations

import json

import pytest

from darkpy.errors import DataError, UsageError
from darkpy.verbs.compare import run
from tests.detector.conftest import project  # noqa: F401 - a fixture
from tests.session.test_stories import leave
from tests.view.report.test_page import parsed

KILLED = "without a word: killed, or the machine went down"
ROWS = "1,9,9,.1,.1,\n2,5,8,.1,.1,.25\n"


@pytest.fixture
def folders(tmp_path):
    """Two trainings of which the second has another rate and a higher mAP."""
    a = leave(tmp_path / "a", "net", ROWS, {"map50": 0.25, "iteration": 2})
    text = ROWS.replace(".25", ".75").replace(",8,", ",6,")
    b = leave(tmp_path / "b", "net", text, {"map50": 0.75, "iteration": 2}, seed=4)
    return str(a), str(b)


def test_both_are_told_in_words(folders):
    lines = list(run(*folders))

    assert lines[0] == f"A {folders[0]}/net: 2 of 200 iterations, cfg a.cfg, data a.data, " + KILLED
    assert lines[3:5] == ["what differs  A  B", "seed          3  4"]
    assert lines[6:9] == [
        "iteration  average loss A  loss B  mAP A   mAP B",
        "1          9.0000          9.0000  -       -",
        "2          8.0000          6.0000  25.00%  75.00%",
    ]
    assert lines[10] == (
        "best mAP of A 25.00% at iteration 2, of B 75.00% at iteration 2: "
        "B's is 50.00 points higher"
    )
    assert lines[11] == (
        "whether that is more than chance cannot be measured: of A no weights are left"
    )


def test_what_was_not_measured_or_by_other_rules_is_said(tmp_path, folders):
    leave(tmp_path / "c", "net", "1,9,9,.1,.1,\n")
    lines = list(run(folders[0], str(tmp_path / "c")))
    assert "no mAP was measured in B: train with -map, or measure the weights" in lines

    leave(tmp_path / "d", "net", ROWS, flags={"iou_thresh": 0.75})
    lines = list(run(folders[0], str(tmp_path / "d")))
    (words,) = (line for line in lines if line.startswith("best mAP"))
    assert words.endswith(
        "B's is as high (but measured by other rules, at -iou_thresh 0.5 and 0.75)"
    )


def test_numbers_and_page_hold_the_same(tmp_path, folders):
    list(run(*folders, json=str(tmp_path / "x.json"), report=str(tmp_path / "page")))

    data = json.loads((tmp_path / "x.json").read_text())
    assert data["settings"] == [{"name": "seed", "a": "3", "b": "4"}]
    assert [it["best_map"] for it in data["runs"]] == [0.25, 0.75]
    assert data["abreast"][1:] == [{"iteration": 2, "losses": [8, 6], "maps": [0.25, 0.75]}]
    assert data["measured"] is None
    page = (tmp_path / "page/index.html").read_text()
    text = parsed(page).text
    for words in (
        "best mAP of A at 2",
        "25.00%",
        "75.00%",
        "+50.00",
        "seed",
        "50.00 points higher",
    ):
        assert words in text
    # iteration 2 of 2 is at the right edge; of a scale to 100, 75 % is a quarter below the top
    assert '<circle cx="440.0" cy="69.0"' in page


def test_a_training_and_a_result_are_no_pair(tmp_path, folders):
    result = tmp_path / "r.json"
    result.write_text("{}")

    with pytest.raises(
        DataError, match=r"b: is a training, and .*r\.json is what `detector map -jso"
    ):
        list(run(str(result), folders[1]))
    with pytest.raises(UsageError, match="-measure is for two trainings"):
        list(run(str(result), str(result), measure=True))


def test_the_weights_of_both_are_measured_as_detector_map_does(project, tmp_path):  # noqa: F811
    project.train("-map")
    first = tmp_path / "first"
    (tmp_path / "backup").rename(first)
    project.change_cfg("learning_rate=0.005", "learning_rate=0.05")
    project.train()
    status, out, err = project.run(
        "compare", "first", "backup", "-measure", "-nogpu", "-report", "p"
    )

    assert status == 0, err
    assert "[net] learning_rate  0.005  0.05" in out
    # A's cfg is not what it was: the run's own text was built
    assert f"{first.name}/tiny_final.weights: measured on" in out
    (measured,) = (line for line in out.split("\n") if line.startswith("mAP of A"))
    own = project.run("detector", "map", project.data, project.cfg, project.final, "-nogpu")[1]
    (of_b,) = (line for line in own.split("\n") if "mean average precision" in line)
    assert f"of B {100 * float(of_b.split(' = ')[1].split(',')[0]):.2f}%" in measured
    assert "8 pictures in both" in out
    assert "Their best weights on the same pictures" in (tmp_path / "p/index.html").read_text()

    # without the flag it says what to type
    out = project.run("compare", "first", "backup")[1]
    assert "  darkpy compare first backup -measure" in out
    (project.folder / "obj.data").unlink()
    status, _, err = project.run("compare", "first", "backup", "-measure")
    assert (status, "cannot be measured, its data file" in err) == (2, True)


def test_names_from_files_cannot_steer_a_terminal(tmp_path):
    evil = "a\x1b[31m.cfg"
    leave(tmp_path / "a", "net", cfg=evil, data=evil)
    leave(tmp_path / "b", "net", data="b.data")

    assert "\x1b" not in "\n".join(run(str(tmp_path / "a"), str(tmp_path / "b")))
